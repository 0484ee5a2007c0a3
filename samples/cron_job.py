"""An ad every morning, from cron. Its exit code tells cron's mail whether it worked.

0 6 * * *  COMFYUI_SERVERS=http://127.0.0.1:8188 python cron_job.py /var/www/shop/today
"""

from __future__ import annotations

import os
import shutil
import sys
from datetime import date
from pathlib import Path

from adstudio import AdStudioError, generate_and_save_image

BRIEFS = ["월요일의 따뜻한 라떼", "갓 구운 크루아상", "딸기 라떼 신메뉴", "오후의 아메리카노", "주말 브런치 세트"]


def main(folder: Path) -> int:
    today = date.today()
    try:
        ad = generate_and_save_image(
            user_input=BRIEFS[today.toordinal() % len(BRIEFS)],
            aspect_ratio="1:1",
            seed=today.toordinal(),  # the same day gives the same ad, however often cron runs
            output_dir=folder / "archive",
            server=os.environ.get("COMFYUI_SERVERS", "http://127.0.0.1:8188").split(),
        )
    except AdStudioError as error:
        print(f"{error.code}: {error.message} {error.hint}", file=sys.stderr)
        return 1
    shutil.copy(ad.path, folder / "today.png.part")
    (folder / "today.png.part").replace(folder / "today.png")  # whoever reads it never sees half of it
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
