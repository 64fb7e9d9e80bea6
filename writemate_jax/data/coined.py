"""Words coined from isolated characters: telephone numbers, dates, prices, sums, words in capitals."""

from __future__ import annotations

from collections import Counter

import numpy as np

# d: a digit, n: a digit from 1 to 9, U: a capital, w: a lower-case letter; other characters stand for themselves.
PATTERNS = ("ddd-ddd-dddd", "(ddd) ddd-dddd", "ddd-dddd", "n/dd/dd", "1n/1d/19dd", "nd:dd", "n:dd", "$n.dd", "$nd.dd",
            "$n,ddd", "nd%", "n.d%", "#nd", "#nddd", "n+d=nd", "nd-n=d", "n*d=nd", "nd/d=n", "19dd", "nd,ddd", "ddddd",
            "nd, nd", "n.ddd", "(nd)", "\"nd\"", "U.U.", "U&U", "w@w.w", "U-nd", "Und", "nU; dU", "n; n; n", "n's",
            "U. U.", "U/U", "[d]", "n<nd", "nd>n", "nd!", "(U?)", "Ud: d!", "U? U!", "(d+d)*d", "nn'dd\"", "*nd#")

WORDS = tuple("""THE AND YOU FOR NEWS BREAKING QUICK BROWN FOX JUMPS OVER LAZY DOG ZERO PRIZE BOX JAZZ QUIZ EXIT TAX
    WAVE KING VOTE HELLO WORLD JUNE JULY MARCH MAY WEEK YEAR TIME OPEN CLOSED SALE STOP GO YES NO NOT NEW YORK LONDON
    PARIS VIENNA MEXICO QATAR KENYA JAPAN ZURICH TEXAS OHIO USA NASA IBM FBI ASAP FAQ TODO NOTE FREE PUSH PULL HELP
    BANK CASH POST MAIL PHONE VISA WATER POWER HOTEL TAXI BUS AIRPORT GATE FINAL REPORT PAGE PART CHAPTER INDEX
    QUOTE EQUAL SQUARE EXTRA MAXIMUM ZONE SIZE HAZE JOY MAJOR PROJECT SUBJECT OBJECT VIVID VALVE KIWI WALK""".split())

SMALL = tuple("""the and of to in is you that it he was for on are with as his they be at one have this from or had by
    hot word but what some we can out other were all there when up use your how said an each she which do their time if
    will way about many then them write would like so these her long make thing see him two has look more day could go
    come did number sound no most people my over know water than call first who may down side been now find any new
    work part take get place made live where after back little only round man year came show every good me give our
    under name very through just form sentence great think say help low line differ turn cause much mean before move
    right boy old too same tell does set three want air well also play small end put home read hand port large spell
    add even land here must big high such follow act why ask men change went light kind off need house picture try us
    again animal point mother world near build self earth father quick jazz lazy zero box fox quiz exam vex
    zip""".split())


def coin(kind: str, available: Counter, used: Counter, rng: np.random.Generator) -> str | None:
    """A text of one kind ("number", "capitals", "small") that these characters can write, or None.

    Among a few drafts the one with the rarest characters wins, `used` being how often each has been written.
    """
    drafts = [_draft(kind, rng, available) for _ in range(6)]
    possible = [text for text in drafts if text and set(text) - {" "} <= available.keys()]
    if not possible:
        return None
    return min(possible, key=lambda text: np.mean([np.log1p(used[c]) for c in text if c != " "]))


def _draft(kind: str, rng: np.random.Generator, available: Counter) -> str | None:
    if kind == "capitals":
        text = str(rng.choice(WORDS))
        return text + str(rng.choice([".", "!", "?", ",", ":", "-"])) if rng.random() < 0.3 else text
    if kind == "small":
        return str(rng.choice(SMALL))
    pattern, text = str(rng.choice(PATTERNS)), []
    classes = {"d": "0123456789", "n": "123456789", "U": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
               "w": "abcdefghijklmnopqrstuvwxyz"}
    for c in pattern:
        choices = [x for x in classes.get(c, c) if x in available or x == " "]
        if not choices:
            return None
        text.append(str(rng.choice(choices)))
    return "".join(text)
