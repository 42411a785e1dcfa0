"""The kinds of characters that X's rules tell apart, as insides of Java's character classes.

They are those of twitter-text 3.1.0, which are wider and narrower than they look: its letters are
those of Unicode 7.0, and its classes ignore case by the rules of JavaScript, by which the Greek
iota is one more form of a mark among the Latin accents.
"""

# Letters, marks and digits that came into Unicode after 7.0; what lies between them was none
# then either. twitter-text's tables do not have them, Java's properties do.
_YOUNG = (
    r"\u0560\u0588\u05EF\u07FD\u0860-\u086A\u08B3-\u08E3\u09FC-\u09FE\u0AF9-\u0AFF\u0B55\u0C04"
    r"\u0C5A\u0C80\u0D00\u0D04\u0D3B-\u0D3C\u0D54-\u0D56\u0D5F\u0D81\u0E86\u0E89\u0E8C"
    r"\u0E8E-\u0E93\u0E98\u0EA0\u0EA8-\u0EA9\u0EAC\u0EBA\u13F5\u13FD\u1878\u1ABF-\u1AC0\u1CF7"
    r"\u1CFA\u1DF6-\u1DFB\u312E-\u312F\u31BB-\u31BF\u4DB6-\u4DBF\u9FCD-\u9FFC\uA69E\uA78F\uA7AF"
    r"\uA7B4-\uA7C3\uA7C7-\uA7CA\uA7F5-\uA7F6\uA82C\uA8C5\uA8FD-\uA8FF\uAB60-\uAB63"
    r"\uAB66-\uAB69\uFE2E-\uFE2F\x{1032D}-\x{1032F}\x{104B0}-\x{104FB}\x{108E0}-\x{108F5}"
    r"\x{10A34}-\x{10A35}\x{10C80}-\x{10FF6}\x{11144}-\x{11147}\x{111C9}-\x{111CF}\x{111DC}"
    r"\x{1123E}-\x{112A8}\x{11300}\x{1133B}\x{11350}\x{11400}-\x{11461}\x{115D8}-\x{115DD}"
    r"\x{116B8}\x{11700}-\x{1183A}\x{11900}-\x{11A9D}\x{11C00}-\x{11FB0}\x{12399}-\x{12543}"
    r"\x{14400}-\x{14646}\x{16E40}-\x{16E7F}\x{16F45}-\x{16F4F}\x{16F7F}-\x{16F87}"
    r"\x{16FE0}-\x{18D08}\x{1B002}-\x{1B2FB}\x{1DA00}-\x{1E2F9}\x{1E900}-\x{1E959}"
    r"\x{1FBF0}-\x{1FBF9}\x{2A6D7}-\x{2A6DD}\x{2B820}-\x{2EBE0}\x{30000}-\x{3134A}"
)
# Letters to twitter-text only: of a private use, and two that share their case with older ones.
_ODD = r"\uA7CB\uA7DC\uF870-\uF87F\uF882\uF884-\uF89F\uF8B8\uF8C1-\uF8D6"

# Java asks a class's parts one after the other: those that most tags are written in come first.
_USUAL = r"A-Za-z\u3041-\u3096\u30A1-\u30FA\u30FC-\u30FE\u4E00-\u9FCC\uAC00-\uD7A3\u0620-\u065F"
_USUAL += r"\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u024F\u0400-\u0481"

LETTERS_AND_MARKS = rf"{_USUAL}[\p{{L}}\p{{M}}&&[^{_YOUNG}]]{_ODD}"
DIGITS = rf"0-9[\p{{Nd}}&&[^{_YOUNG}]]"
# What may stand in a hashtag beside letters, marks and digits.
SPECIAL = (
    r"_\u200C\u200D\uA67E\u05BE\u05F3\u05F4\uFF5E\u301C\u309B\u309C\u30A0\u30FB\u3003"
    r"\u0F0B\u0F0C\u00B7"
)

# Letters and marks that Latin is written with, beside the ASCII ones.
LATIN = (
    r"\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u024F\u0253-\u0254\u0256-\u0257\u0259\u025B\u0260\u0263"
    r"\u0268-\u0269\u026F\u0272\u0275\u0280\u0283\u0288-\u028C\u0292\u02BB\u0300-\u036F\u0399"
    r"\u03B9\u1E00-\u1EFF\u1FBE\u2C65-\u2C66\u2C7E-\u2C7F\uA7DC"
)
CYRILLIC = r"\u0400-\u04FF\u1C80-\u1C87"

SPACES = r"\x09-\x0D \x85\xA0\u1680\u180E\u2000-\u200A\u2028\u2029\u202F\u205F\u3000"
BROKEN = r"\uFEFF\uFFFE\uFFFF"
# Whatever else may stand in the name of a host: punctuation marks outside ASCII, for instance.
NO_HOST_CHARACTER = rf"!#-/:-@\[-_{{-~{SPACES}{BROKEN}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069"
