"""Harmless texts whose scores every artifact states and every load repeats.

They touch each part of the reading: plain words, capitals, links, look-alike letters, spaced
letters, stretched words, emoji, another script, and nothing at all.
"""

GOLDEN_TEXTS = [
    "Thank you for this article, I learned a lot from it.",
    "The council met on Tuesday and voted for the new bridge.",
    "I do not agree with the author, and here is why.",
    "You are a silly person and your argument is nonsense!",
    "What a load of rubbish. Read it again, you clown.",
    "WHY IS NOBODY TALKING ABOUT THE TRAINS???",
    "Click here for a free prize: www.example.com, only today!",
    "Earn $500 a day from home, write to me at offers@example.com",
    "That is r.u.b.b.i.s.h and you know it, s i l l y.",
    "A r\u0443bb\u0456sh idea, soooo silly \U0001f602",
    "Der Stadtrat hat am Dienstag \u00fcber die neue Br\u00fccke abgestimmt.",
    "\u0421\u043e\u0432\u0435\u0442 \u043f\u0440\u043e\u0433\u043e\u043b\u043e\u0441\u043e\u0432\u0430\u043b",
    "",
]
