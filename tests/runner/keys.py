"""Which keys of a US keyboard make which character, in QEMU's names for keys (qcodes)."""

_PLAIN = {
    "`": "grave_accent", "-": "minus", "=": "equal", "[": "bracket_left", "]": "bracket_right",
    "\\": "backslash", ";": "semicolon", "'": "apostrophe", ",": "comma", ".": "dot",
    "/": "slash", " ": "spc", "\n": "ret", "\t": "tab", "\b": "backspace", "\x1b": "esc",
    **{letter: letter for letter in "abcdefghijklmnopqrstuvwxyz0123456789"},
}

# What shift makes of the other keys: upper row first, then the rest.
_SHIFTED = dict(zip('~!@#$%^&*()_+{}|:"<>?', "`1234567890-=[]\\;',./"))

_MAIN_BLOCK = {"shift", "caps_lock", *_PLAIN.values()}


def chord(character):
    """The keys held down together for a character, modifier first."""
    if character in _PLAIN:
        return [_PLAIN[character]]
    if character in _SHIFTED:
        return ["shift", _PLAIN[_SHIFTED[character]]]
    if character.isascii() and character.isupper():
        return ["shift", character.lower()]
    raise ValueError(f"no key of a US keyboard makes {character!r}")


def stroke(chord_keys):
    """QMP's input events for one stroke: pressed in order, released in the opposite one."""
    return [_event(key, True) for key in chord_keys] + \
           [_event(key, False) for key in reversed(chord_keys)]


def _event(key, down):
    return {"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": key}}}


def scancode_bytes(chord_keys):
    """How much of the keyboard's own buffer a stroke takes in scancode set 2, at most: a byte for
    a press and two for a release; one more of each for keys outside the main block."""
    return sum(3 if key in _MAIN_BLOCK else 5 for key in chord_keys)
