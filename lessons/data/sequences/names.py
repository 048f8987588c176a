"""The names of the digits, letter by letter, and numbers from 0 to 999 in words, both in English and Chinese."""

from __future__ import annotations

END = "."
"""The sign that ends a name or a number, and follows it to the last timestep."""
NAMES = {
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
    "zh": ["ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu"],
}
"""How a digit is spelled: in letters of English, or in pinyin."""
TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
DIGITS = "零一二三四五六七八九"
NUMBERS = 1000


def english(n: int) -> list[str]:
    """A number under 1,000 in English words: 321 is three hundred twenty one."""
    hundreds, rest = divmod(n, 100)
    words = [NAMES["en"][hundreds], "hundred"] if hundreds else []
    if rest >= 20:
        words.append(TENS[rest // 10 - 2])
        return [*words, NAMES["en"][rest % 10]] if rest % 10 else words
    if rest >= 10:
        return [*words, TEENS[rest - 10]]
    return [*words, NAMES["en"][rest]] if rest or not n else words


def chinese(n: int) -> list[str]:
    """A number under 1,000 in Chinese characters: 321 is 三百二十一, 205 二百零五, 12 十二."""
    hundreds, tens, ones = n // 100, n // 10 % 10, n % 10
    words = [DIGITS[hundreds], "百"] if hundreds else []
    if tens:
        words += ["十"] if tens == 1 and not hundreds else [DIGITS[tens], "十"]
    elif hundreds and ones:
        words.append("零")
    return [*words, DIGITS[ones]] if ones or not n else words


def ended(words: list[str], length: int) -> list[str]:
    """A name or a number with its end, as long as all others."""
    return words + [END] * (length - len(words))
