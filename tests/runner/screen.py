"""What stands on the screen, and what a terminal on COM1 would show."""

import re
from dataclasses import dataclass

COLUMNS, ROWS = 80, 25
CELLS = 2 * COLUMNS * ROWS


@dataclass
class Screen:
    """The VGA text screen: 25 strings of 80 characters, and as many bytes of attributes."""

    rows: list
    attributes: list

    def lines(self):
        """The rows without the blanks at their ends."""
        return [row.rstrip() for row in self.rows]

    def used(self):
        """The lines from the top to the last one that is not blank."""
        return self.text().split("\n")

    def text(self):
        """Everything as one string."""
        return "\n".join(self.lines()).rstrip("\n")


# What the PC's font shows where code page 437 has control characters; a 0 byte is blank.
PICTURES = "☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼"
_SHOWN = {**{1 + at: picture for at, picture in enumerate(PICTURES)}, 0: " ", 0x7f: "⌂"}


def from_cells(cells):
    """Reads the bytes of VGA text memory: character and attribute in turns (code page 437)."""
    characters = bytes(cells[0:CELLS:2]).decode("cp437").translate(_SHOWN)
    rows = [characters[start:start + COLUMNS] for start in range(0, len(characters), COLUMNS)]
    attributes = [bytes(cells[1 + 2 * start:2 * (start + COLUMNS):2])
                  for start in range(0, COLUMNS * ROWS, COLUMNS)]
    return Screen(rows, attributes)


# What may come down a serial line besides characters: ECMA-48 control sequences.
_TOKEN = re.compile(r"\x1b\[(?P<arguments>[0-9;?]*)(?P<command>[A-Za-z])|(?P<plain>[\s\S])")


class Terminal:
    """As much of a terminal as a line editor needs. With `columns`, the cursor goes on in the next
    line after the last column, as on every terminal; without, lines are as long as they are."""

    def __init__(self, columns=None):
        self.columns = columns
        self.lines = [[]]
        self.row = self.column = 0

    def feed(self, text):
        """Shows text; a control sequence must not be cut in two."""
        for token in _TOKEN.finditer(text):
            if token["command"]:
                self._control(token["command"], token["arguments"])
            else:
                self._plain(token["plain"])

    def text(self):
        """What stands there, without blanks at the ends of lines."""
        return "\n".join("".join(line).rstrip() for line in self.lines)

    def _plain(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self._down()
        elif character == "\b":
            self.column = max(self.column - 1, 0)
        elif character >= " ":
            self._put(character)

    def _put(self, character):
        if self.column == self.columns:
            self.column = 0
            self._down()
        line = self.lines[self.row]
        line += " " * (self.column + 1 - len(line))
        line[self.column] = character
        self.column += 1

    def _down(self):
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append([])

    def _control(self, command, arguments):
        count = int(arguments) if arguments.isdigit() else 0
        if command == "K":  # erase to the end of the line
            del self.lines[self.row][self.column:]
        elif command == "J" and count == 2:  # erase everything
            self.lines = [[] for _ in self.lines]
        elif command == "J":  # erase to the end of the screen
            del self.lines[self.row][self.column:]
            del self.lines[self.row + 1:]
        elif command == "H":
            self.row = self.column = 0
        elif command == "A":
            self.row = max(self.row - max(count, 1), 0)
        elif command == "C":
            self.column += max(count, 1)
        elif command == "D":
            self.column = max(self.column - max(count, 1), 0)


def rendered(text, columns=None):
    """What a terminal shows after this text."""
    terminal = Terminal(columns)
    terminal.feed(text)
    return terminal.text()
