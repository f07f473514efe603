"""Headers, and the id of a request."""

from openai import OpenAI

client = OpenAI()

response = client.chat.completions.with_raw_response.create(
    messages=[{"role": "user", "content": "Say this is a test"}], model="gpt-4o"
)
print(response.headers.get("X-My-Header"), response.headers["x-request-id"], response.status_code)
print(response.request_id, response.retries_taken)

completion = response.parse()
print(completion.choices[0].message.content, completion._request_id)
