"""Texts of the demo posts: in several scripts, with realistic hashtags.

Everything is a pure function of (seed, number): random values come from a hash, so that another
program or Python version gets the same.
"""

import hashlib
import unicodedata
from bisect import bisect_left
from itertools import accumulate

BURST_LENGTH = 400
TEXTS = {
    "en": (
        "Morning coffee and a long list",
        "Did anybody else see this?",
        "Cats & dogs, living together",
        "Three talks today, all of them good",
        "Reading on the train again",
        "It's raining, so soup it is",
        "What a match!",
        "New release is out, changelog in the usual place",
    ),
    "de": ("Der Zug hat heute zehn Minuten Verspätung", "Schöne Grüße aus der Küche"),
    "fr": ("Ça commence bien, la journée", "Où est passé l'été ?"),
    "es": ("¡Qué partido, señores!", "Mañana será otro día"),
    "tr": ("Günaydın İstanbul, çay hazır", "Akşam maç var"),
    "ja": ("今日はいい天気ですね。", "電車が遅れています…", "ラーメン食べたい"),
    "ko": ("오늘도 좋은 하루 되세요", "드디어 주말이다"),
    "zh": ("今天的晚饭真好吃", "周末去哪里玩?"),
    "ar": ("صباح الخير للجميع", "الجو جميل اليوم"),
    "fa": ("امروز هوا خوب است",),
    "hi": ("आज का दिन अच्छा है", "चाय पीने चलें?"),
    "ru": ("Доброе утро, страна", "Опять понедельник"),
    "el": ("Καλημέρα σε όλους",),
    "he": ("בוקר טוב לכולם",),
    "th": ("วันนี้อากาศดีมาก",),
}
LANGS = ("en",) * 8 + tuple(TEXTS)
HEAD = (
    "Café", "東京", "WorldCup2026", "مرحبا", "AI", "Python", "चाय", "München", "ラーメン",
    "OpenSource", "КиноВечер", "서울", "Elections", "F1", "NowPlaying", "Straße", "Kaffee",
    "فوتبال", "コーヒー", "नमस्ते", "БолеемЗаНаших", "上海", "Música", "ÇayKeyfi", "Ελλάδα",
    "תלאביב", "กรุงเทพ", "한국어", "天気", "Photography", "Gardening", "Linux", "Kafka", "Spark",
    "HBase", "DataEngineering", "ThrowbackThursday", "rust_lang", "JamesWebb", "Tulips",
    "SãoPaulo", "Øresund", "Łódź", "Kraków", "Zürich", "Montréal", "Fußball", "Señales",
    "日本語", "写真", "電車", "週末", "音楽", "映画", "新商品", "花見", "紅葉", "お茶",
    "음악", "영화", "주말", "축구", "커피", "भारत", "क्रिकेट", "संगीत", "दिल्ली", "हिन्दी",
    "موسيقى", "القاهرة", "صباح_الخير", "کتاب", "تهران", "Москва", "Футбол", "Книги", "Музыка",
    "Київ", "Αθήνα", "Μουσική", "ירושלים", "מוזיקה", "อาหารไทย", "ดนตรี", "বাংলা", "தமிழ்",
    "తెలుగు", "ქართული", "Հայաստան", "አዲስ_አበባ", "中文", "北京", "電影", "足球",
)  # fmt: skip
TOPICS = (
    "Art", "Book", "Chess", "Climate", "Cloud", "Cooking", "Cycling", "Design", "Film", "Football",
    "Game", "Health", "History", "Jazz", "Math", "Music", "Ocean", "Photo", "Poetry", "Running",
    "Science", "Space", "Tea", "Tech", "Travel", "Winter",
)  # fmt: skip
ENDINGS = (
    "Day",
    "Week",
    "Fest",
    "Club",
    "News",
    "Tips",
    "Love",
    "_2026",
    "Talk",
    "101",
    "ers",
    "Live",
)
TAGS = HEAD + tuple(topic + ending for ending in ENDINGS for topic in TOPICS)
# Zipf's law with Mandelbrot's shift, so that no single tag dominates.
WEIGHTS = tuple(accumulate(1_000_000 // (rank + 3) for rank in range(len(TAGS))))
LINKS = (
    "https://example.org/guide#install",
    "https://example.com/a/b?c=d#section-2",
    "example.net/notes#today",
    "https://example.org/blog/2026/11",
)
LONG = " And there is more to say about it: one thing leads to another, as such things do."
FULL_WIDTH = {code: code + 0xFEE0 for code in range(ord("0"), ord("z") + 1) if chr(code).isalnum()}


class _Dice:
    """Pseudorandom values that depend only on the words they are seeded with."""

    def __init__(self, *words: object) -> None:
        text = ":".join(map(str, words))
        self._rest = int.from_bytes(hashlib.sha512(text.encode()).digest(), "big")

    def throw(self, sides: int) -> int:
        self._rest, value = divmod(self._rest, sides)
        return value


def compose(seed: int, number: int) -> tuple[str, str, bool]:
    """Return text, language and whether it is a repost; about half of the texts have hashtags."""
    dice = _Dice(seed, number)
    lang = LANGS[dice.throw(len(LANGS))]
    text = TEXTS[lang][dice.throw(len(TEXTS[lang]))]
    if dice.throw(40) == 0:
        text += LONG * (2 + dice.throw(4))
    if dice.throw(12) == 0:
        text += " " + LINKS[dice.throw(len(LINKS))]
    tags = [_tag(seed, number, dice) for _ in range(_tag_count(dice))]
    return " ".join((text, *("#" + tag for tag in tags))), lang, dice.throw(8) == 0


def _tag_count(dice: _Dice) -> int:
    return (0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 3)[dice.throw(12)]


def _tag(seed: int, number: int, dice: _Dice) -> str:
    """Pick a tag by Zipf's law, or the one that is trending right now."""
    burst = _Dice(seed, "burst", number // BURST_LENGTH)
    hot = TAGS[burst.throw(len(TAGS))]
    if burst.throw(3) == 0 and dice.throw(4) == 0:
        return _spelling(hot, dice)
    return _spelling(TAGS[bisect_left(WEIGHTS, 1 + dice.throw(WEIGHTS[-1]))], dice)


def _spelling(tag: str, dice: _Dice) -> str:
    """Respell a tag one time in five; NFKC and case folding give the same tag again."""
    throw = dice.throw(20)
    if throw == 0:
        return tag.upper()
    if throw == 1:
        return tag.lower()
    if throw == 2:
        return unicodedata.normalize("NFD", tag)
    return tag.translate(FULL_WIDTH) if throw == 3 else tag
