"""Every way in which a language model's server fails, with the code it should get and the requests it may cost."""

from __future__ import annotations

import datetime
from email.utils import format_datetime

from chat_server import PROMPT_ANSWER, Reply, bomb, fails, says


def http_date(seconds: float) -> str:
    return format_datetime(datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds), usegmt=True)


HTML = Reply(body=b"<!DOCTYPE html><html><body>Welcome</body></html>", kind="text/html")
QUOTA = fails(429, "You exceeded your current quota, please check your plan.", code="insufficient_quota")
BUSY = (
    "Rate limit reached for gpt-5.4-mini in organization org-x on tokens per min (TPM): Limit 200000, Used 199000. "
    "Visit https://platform.openai.com/account/rate-limits, or add a payment method: "
    "https://platform.openai.com/account/billing."
)

# code, answer, requests that it costs
FAILURES = {
    "401": ("provider.auth", fails(401, "Incorrect API key provided: {key}.", code="invalid_api_key"), 1),
    "403": ("provider.auth", fails(403, "Country not supported"), 1),
    "404 model": ("provider.unknown_model", fails(404, "The model `x` does not exist", code="model_not_found"), 1),
    "404 ollama": ("provider.unknown_model", fails(404, 'model "x" not found, try pulling it first'), 1),
    "404 path": ("provider.not_an_api", fails(404, "Not Found"), 1),
    "404 page": ("provider.not_an_api", Reply(404, b"<html>no model not found</html>", "text/html"), 1),
    "400": ("provider.bad_request", fails(400, "messages: too many"), 1),
    "400 model": ("provider.unknown_model", fails(400, "Unknown model x"), 1),
    "quota": ("provider.quota", QUOTA, 1),
    "402": ("provider.quota", fails(402, "Insufficient Balance"), 1),
    "429": ("provider.rate_limited", fails(429, "Rate limit reached"), 3),
    "429 of OpenAI": (
        "provider.rate_limited",
        fails(429, BUSY, code="rate_limit_exceeded", headers={"Retry-After": "0"}),
        3,
    ),
    "quota by its code alone": ("provider.quota", fails(429, "Sorry.", code="insufficient_quota"), 1),
    "429 for long": ("provider.rate_limited", fails(429, "Slow", headers={"Retry-After": "86400"}), 1),
    "429 until a date": ("provider.rate_limited", fails(429, "Slow", headers={"Retry-After": http_date(864_000)}), 1),
    "500": ("provider.server_error", fails(500, "boom"), 3),
    "501": ("provider.server_error", fails(501, "boom"), 1),
    "503": ("provider.server_error", Reply(503, b"upstream", "text/plain"), 3),
    "dropped": ("provider.unreachable", Reply(drop_after=-1), 3),
    "half a body": ("provider.unreachable", says(PROMPT_ANSWER, drop_after=100), 3),
    "html": ("provider.not_an_api", HTML, 1),
    "sse": ("provider.not_an_api", Reply(body=b"data: {}\n\n", kind="text/event-stream"), 1),
    "other json": ("provider.not_an_api", Reply(body=b'{"hello": "world"}'), 1),
    "a list": ("provider.not_an_api", Reply(body=b"[1, 2]"), 1),
    "truncated json": ("provider.bad_answer", Reply(body=says("x").body[:-30]), 1),
    "deep json": ("provider.bad_answer", Reply(body=b'{"a":' * 200_000), 1),
    "not utf-8": ("provider.bad_answer", Reply(body=b'{"a": "\xff\xfe'), 1),
    "no choices": ("provider.bad_answer", Reply(body=b'{"choices": []}'), 1),
    "strange choices": ("provider.bad_answer", Reply(body=b'{"choices": [{"message": 3}]}'), 1),
    "null": ("provider.bad_answer", says(None), 1),
    "empty": ("provider.bad_answer", says("  "), 1),
    "refusal": ("provider.refused", says(None, refusal="I cannot help with that."), 1),
    "filtered": ("provider.refused", says("half", ended="content_filter"), 1),
    "error with 200": ("provider.server_error", Reply(body=b'{"error": {"message": "x", "code": 502}}'), 3),
    "quota with 200": ("provider.quota", Reply(body=b'{"error": {"message": "x", "code": 402}}'), 1),
    "too long": ("provider.bad_answer", says("x" * (2 << 20)), 1),
    "too long an error": ("provider.bad_answer", fails(400, "x" * (2 << 20)), 1),
    "bomb": ("provider.bad_answer", bomb(), 1),
    "redirect": ("provider.not_an_api", Reply(307, headers={"Location": "http://127.0.0.1:9/v1"}), 1),
}
