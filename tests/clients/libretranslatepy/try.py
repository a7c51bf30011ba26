"""libretranslatepy: translate, languages, detect."""

import os
import urllib.error

from libretranslatepy import LibreTranslateAPI

url = os.environ["BASE_URL"].removesuffix("/v1")
api = LibreTranslateAPI(url, api_key=os.environ["API_KEY"])
assert api.translate("The old dog sleeps.", "en", "de") == "«The old dog sleeps.»"
assert api.translate("The old dog sleeps.", "auto", "de") == "«The old dog sleeps.»"
print("translate")
codes = {language["code"] for language in api.languages()}
assert {"en", "de", "sw"} <= codes, codes
print("languages")
best = api.detect("Dies ist ein ganz gewöhnlicher deutscher Satz.")[0]
assert best["language"] == "de" and best["confidence"] > 90, best
print("detect")
try:
    LibreTranslateAPI(url, api_key="wrong-key-here").translate("x", "en", "de")
except urllib.error.HTTPError as error:
    assert error.code == 403
    assert b'"error"' in error.read()
else:
    raise AssertionError("a wrong key was taken")
print("error 403")
