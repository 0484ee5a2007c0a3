"""A page for a shop owner: a sentence and a photo in, an ad out.

pip install streamlit && COMFYUI_SERVERS=http://127.0.0.1:8188 streamlit run streamlit_app.py
"""

from __future__ import annotations

import os

import streamlit as st

from adstudio import AdStudioError, generate_and_save_image, generate_product_composite

servers = os.environ.get("COMFYUI_SERVERS", "http://127.0.0.1:8188").split()
st.title("광고 만들기")
brief = st.text_area("무엇을 광고할까요?", "창가에 놓인 딸기 라떼, 봄 신메뉴")
photo = st.file_uploader("제품 사진 (없어도 돼요)", type=["png", "jpg", "jpeg", "webp"])

if st.button("만들기") and brief.strip():
    bar = st.progress(0.0, "기다리는 중")
    common = {"server": servers, "output_dir": "ads"}
    common["on_event"] = lambda event: bar.progress(min(1.0, event.value), event.step)
    try:
        if photo is None:
            ad = generate_and_save_image(user_input=brief, **common)
        else:
            ad = generate_product_composite(product_image=photo.getvalue(), background_prompt=brief, **common)
    except AdStudioError as error:
        st.error(f"{error.message} {error.hint}")
    else:
        bar.empty()
        st.image(str(ad.path), caption=ad.copy.headline)
        st.download_button("내려받기", ad.path.read_bytes(), ad.path.name)
