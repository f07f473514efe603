"""The official clients of OpenAI and Anthropic, with requests of answers and models through this package."""
