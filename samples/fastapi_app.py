"""An ad per call, for a shop's own web site: FastAPI in front, one ComfyUI or several behind it.

pip install fastapi uvicorn && COMFYUI_SERVERS=http://127.0.0.1:8188 uvicorn fastapi_app:app
"""

from __future__ import annotations

import os
from functools import cache

from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse
from pydantic import BaseModel

from adstudio import AdRequest, AdStudioError, ComfyRunner, InputError

app = FastAPI(title="Ads")


class Wish(BaseModel):
    brief: str
    style: str = "realistic"
    aspect: str = "4:5"
    seed: int | None = None


@cache
def runner() -> ComfyRunner:
    return ComfyRunner(os.environ.get("COMFYUI_SERVERS", "http://127.0.0.1:8188").split(), "ads")


@app.post("/ads", response_class=FileResponse)
async def make(wish: Wish) -> FileResponse:
    try:
        ad = await runner().run_async(AdRequest(**wish.model_dump()))
    except AdStudioError as error:
        raise HTTPException(422 if isinstance(error, InputError) else 503, f"{error.message} {error.hint}") from error
    return FileResponse(ad.path, headers={"X-Seed": str(ad.report.seeds[0])})
