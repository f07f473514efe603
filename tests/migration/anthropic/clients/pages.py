"""Pages of models, by hand and with `auto_paging`."""

import asyncio

from anthropic import Anthropic, AsyncAnthropic

client = Anthropic()
first_page = client.models.list(limit=2)
if first_page.has_next_page():
    print(f"will fetch next page using these details: {first_page.has_more} {first_page.last_id}")
    next_page = first_page.get_next_page()
    print(f"number of items we just fetched: {len(next_page.data)}")
print([model.display_name for model in client.models.list(limit=2)])
info = client.models.retrieve("claude-a")
print(info.id, info.display_name, info.type)


async def main() -> None:
    client = AsyncAnthropic()
    all_models = []
    async for model in client.models.list(limit=2):
        all_models.append(model.id)
    print(all_models)


asyncio.run(main())
