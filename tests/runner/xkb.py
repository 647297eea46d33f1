"""The keyboards of X11: libxkbcommon, with the data of Debian's xkb-data and libx11-data."""

import ctypes
import ctypes.util
import unicodedata

_DOWN, _UP = 1, 0
_COMPOSED = 2
_EVDEV = 8  # xkb's codes are Linux's, from 8 on

# Names of dead keys, and the combining characters (or their stand-ins in include/drivers/layout.h).
DEAD = {"grave": 0x300, "acute": 0x301, "circumflex": 0x302, "tilde": 0x303, "macron": 0x304,
        "breve": 0x306, "abovedot": 0x307, "diaeresis": 0x308, "hook": 0x309, "abovering": 0x30a,
        "doubleacute": 0x30b, "caron": 0x30c, "horn": 0x31b, "belowdot": 0x323,
        "belowcomma": 0x326, "cedilla": 0x327, "ogonek": 0x328, "belowmacron": 0x331,
        "stroke": 0x335, "greek": 0x36e, "currency": 0x36f}


class _Names(ctypes.Structure):  # pylint: disable=too-few-public-methods
    _fields_ = [(name, ctypes.c_char_p)
                for name in ("rules", "model", "layout", "variant", "options")]


def _library():
    name = ctypes.util.find_library("xkbcommon")
    if not name:
        return None
    library = ctypes.CDLL(name)
    for name in ("context_new", "keymap_new_from_names", "state_new",
                 "compose_table_new_from_locale", "compose_state_new"):
        getattr(library, "xkb_" + name).restype = ctypes.c_void_p
    library.xkb_keysym_from_name.argtypes = [ctypes.c_char_p, ctypes.c_int]
    return library


_xkb = _library()
_context = ctypes.c_void_p(_xkb.xkb_context_new(0)) if _xkb else None


def is_there():
    """Is libxkbcommon installed?"""
    return _xkb is not None


def _dead_of(keysym):
    name = ctypes.create_string_buffer(64)
    _xkb.xkb_keysym_get_name(keysym, name, len(name))
    return DEAD.get(name.value.decode().removeprefix("dead_"), 0) \
        if name.value.startswith(b"dead_") else 0


def _checked(pointer, what):
    if not pointer:
        raise RuntimeError(f"libxkbcommon has no {what}; scripts/setup.sh installs its data")
    return ctypes.c_void_p(pointer)


class Keyboard:
    """A keyboard with a layout of xkb-data. Keys are Linux's key codes."""

    def __init__(self, layout, variant=""):
        names = _Names(b"evdev", b"pc105", layout.encode(), variant.encode(), b"")
        keymap = _xkb.xkb_keymap_new_from_names(_context, ctypes.byref(names), 0)
        self._state = ctypes.c_void_p(_xkb.xkb_state_new(_checked(keymap, f"layout {layout}")))

    def press(self, *keys):
        """Presses keys, which stay down."""
        for key in keys:
            _xkb.xkb_state_update_key(self._state, key + _EVDEV, _DOWN)

    def release(self, *keys):
        """Releases keys."""
        for key in keys:
            _xkb.xkb_state_update_key(self._state, key + _EVDEV, _UP)

    def name(self, key):
        """The name of the symbol that the key types now."""
        text = ctypes.create_string_buffer(64)
        _xkb.xkb_keysym_get_name(_xkb.xkb_state_key_get_one_sym(self._state, key + _EVDEV), text, 64)
        return text.value.decode()

    def symbol(self, key):
        """(code point, dead key) that the key types now, 0 for none."""
        keysym = _xkb.xkb_state_key_get_one_sym(self._state, key + _EVDEV)
        return _xkb.xkb_keysym_to_utf32(keysym), _dead_of(keysym)


class Composer:
    """Composes dead keys by X11's locale en_US.UTF-8."""

    def __init__(self):
        table = _xkb.xkb_compose_table_new_from_locale(_context, b"en_US.UTF-8", 0)
        self._state = ctypes.c_void_p(_xkb.xkb_compose_state_new(_checked(table, "compose table"), 0))

    def compose(self, dead, character):
        """The text of a dead key and a character; None when they do not compose."""
        return self._compose(_dead_keysym(dead), ord(character))  # Latin-1's keysyms are its codes

    def twice(self, dead):
        """The text of the same dead key twice; None when it has none."""
        return self._compose(_dead_keysym(dead), _dead_keysym(dead))

    def _compose(self, *keysyms):
        _xkb.xkb_compose_state_reset(self._state)
        for keysym in keysyms:
            _xkb.xkb_compose_state_feed(self._state, keysym)
        if _xkb.xkb_compose_state_get_status(self._state) != _COMPOSED:
            return None
        text = ctypes.create_string_buffer(64)
        _xkb.xkb_compose_state_get_utf8(self._state, text, len(text))
        return text.value.decode()


def _dead_keysym(name):
    return _xkb.xkb_keysym_from_name(f"dead_{name}".encode(), 0)


def precomposed(dead, character):
    """Unicode's character for a letter with an accent; None when it has none."""
    text = unicodedata.normalize("NFC", character + chr(DEAD[dead]))
    return text if len(text) == 1 else None
