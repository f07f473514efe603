"""Python types as JSON Schemas, and JSON values as instances of them."""
