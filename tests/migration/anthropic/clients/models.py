"""Models that the endpoint offers, page by page."""

import asyncio

from anthropic import Anthropic, AsyncAnthropic

client = Anthropic()

for model in client.models.list(limit=2):
    print(model.id, model.display_name, model.type)

first_page = client.models.list(limit=2)
print(first_page.has_next_page(), [model.id for model in first_page.data], first_page.last_id)
if first_page.has_next_page():
    next_page = first_page.get_next_page()
    print(f"number of items we just fetched: {len(next_page.data)}")


async def main() -> None:
    async with AsyncAnthropic() as client:
        async for model in client.models.list(limit=2):
            print(model.id)


asyncio.run(main())
