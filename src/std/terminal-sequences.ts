/** Which parameters of a control sequence pass: numbers, numbers with colons too, or these texts alone. */
type Parameters = 'numbers' | 'colours' | readonly string[]

type Passes =
  | { readonly kind: 'text' }
  | { readonly kind: 'control'; readonly characters: string }
  /** Behind ESC. */
  | { readonly kind: 'escape'; readonly ends: readonly string[] }
  /** Behind CSI, with the parameters between. */
  | { readonly kind: 'csi'; readonly ends: readonly string[]; readonly parameters: Parameters }
  /** Modes of `CSI ? n h` and `CSI ? n l`. `standard`: what a terminal has until a program sets it. */
  | { readonly kind: 'mode'; readonly modes: readonly number[]; readonly standard: boolean; readonly input?: true }
  /** In its place the filter undoes what the program has set; `clears`: and erases the screen. */
  | { readonly kind: 'reset'; readonly behindEsc: string; readonly clears: boolean }

/** A kind of sequence. Each sample is one whole sequence of this kind. */
export type TerminalSequence = {
  /** As the docs write it. */
  readonly written: string
  readonly does: string
  readonly samples: readonly string[]
} & (
  | { readonly passes: Passes; readonly why?: string }
  /** The filter drops it for this reason. */
  | { readonly passes: null; readonly why: string }
)

const csi = (
  written: string,
  does: string,
  ends: readonly string[],
  samples: readonly string[],
  parameters: Parameters = 'numbers',
): TerminalSequence => ({ written, does, samples, passes: { kind: 'csi', ends, parameters } })

const mode = (
  does: string,
  modes: readonly number[],
  { standard = false, input }: { standard?: boolean; input?: true } = {},
): TerminalSequence => ({
  written: `\`CSI ? n h/l\` for ${modes.join(', ')}`,
  does,
  samples: modes.flatMap((one) => [`\u001b[?${one}h`, `\u001b[?${one}l`]),
  passes: { kind: 'mode', modes, standard, ...(input && { input }) },
})

const dropped = (written: string, does: string, why: string, samples: readonly string[]): TerminalSequence => ({
  written,
  does,
  why,
  samples,
  passes: null,
})

const ANSWERS = 'the terminal would type its answer into the agent. Berth answers in its place'
const KEYBOARD = 'a terminal would send keys in another form, in which Berth cannot find Ctrl-C and the detach keys'
const PREFERENCE = 'Berth cannot know what the user had before, and could not put it back'

/**
 * What of a program's output may reach a terminal. The filter and the table in docs/terminal.md are made from these rows.
 * The filter drops what no row names.
 */
export const TERMINAL_SEQUENCES: readonly TerminalSequence[] = [
  { written: 'text in UTF-8', does: 'shows it', samples: ['plain', 'é 日本 👩‍💻', '~'], passes: { kind: 'text' } },
  {
    written: '`BEL`, `BS`, `HT`, `LF`, `VT`, `FF`, `CR`',
    does: 'rings, moves the cursor',
    samples: ['\u0007', '\b', '\t', '\n', '\u000b', '\f', '\r'],
    passes: { kind: 'control', characters: '\u0007\b\t\n\u000b\f\r' },
  },
  {
    written: '`ESC ( 0`, `ESC ) B` and the like',
    does: 'chooses line drawing, ASCII or British characters',
    samples: ['\u001b(0', '\u001b)B', '\u001b(A'],
    passes: { kind: 'escape', ends: ['(0', '(A', '(B', ')0', ')A', ')B'] },
  },
  {
    written: '`SO`, `SI`',
    does: 'uses the second, the first set of characters',
    samples: ['\u000e', '\u000f'],
    passes: { kind: 'control', characters: '\u000e\u000f' },
  },
  {
    written: '`ESC 7`, `ESC 8`, `ESC D`, `ESC E`, `ESC M`',
    does: 'saves and restores the cursor, moves it, scrolls',
    samples: ['\u001b7', '\u001b8', '\u001bD', '\u001bE', '\u001bM'],
    passes: { kind: 'escape', ends: ['7', '8', 'D', 'E', 'M'] },
  },
  {
    written: '`ESC =`, `ESC >`',
    does: 'makes the keypad send its own codes, or digits',
    samples: ['\u001b=', '\u001b>'],
    passes: { kind: 'escape', ends: ['=', '>'] },
  },
  csi(
    '`CSI … m`',
    'sets colours and styles',
    ['m'],
    ['\u001b[m', '\u001b[1;38;5;9m', '\u001b[4:3;48:2::1:2:3m'],
    'colours',
  ),
  csi(
    '`CSI n A` to `H`, `` ` ``, `a`, `d`, `e`, `f`, `I`, `Z`',
    'moves the cursor',
    ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', '`', 'a', 'd', 'e', 'f', 'I', 'Z'],
    ['\u001b[A', '\u001b[12;40H', '\u001b[3Z'],
  ),
  csi('`CSI s`, `CSI u`', 'saves and restores the cursor', ['s', 'u'], ['\u001b[s', '\u001b[u'], ['']),
  csi(
    '`CSI 0/1/2 J`',
    'erases a part of the screen or all of it',
    ['J'],
    ['\u001b[J', '\u001b[2J'],
    ['', '0', '1', '2'],
  ),
  csi('`CSI n K`, `CSI n X`', 'erases in the line', ['K', 'X'], ['\u001b[K', '\u001b[1K', '\u001b[5X']),
  csi(
    '`CSI n @`, `L`, `M`, `P`, `S`, `T`',
    'inserts, deletes, scrolls',
    ['@', 'L', 'M', 'P', 'S', 'T'],
    ['\u001b[@', '\u001b[2L', '\u001b[M', '\u001b[4P', '\u001b[S', '\u001b[T'],
  ),
  csi('`CSI n b`', 'repeats the last character', ['b'], ['\u001b[7b']),
  csi('`CSI n ; m r`', 'limits what scrolls to these rows', ['r'], ['\u001b[2;10r', '\u001b[r']),
  csi('`CSI n SP q`', 'sets the shape of the cursor', [' q'], ['\u001b[2 q'], ['', '0', '1', '2', '3', '4', '5', '6']),
  csi('`CSI 4 h/l`', 'inserts or overwrites', ['h', 'l'], ['\u001b[4h', '\u001b[4l'], ['4']),
  mode('makes the cursor keys send their application codes', [1], { input: true }),
  mode('shows light on dark, or the reverse', [5]),
  mode('counts rows from the top of the region that scrolls', [6]),
  mode('wraps long lines', [7], { standard: true }),
  mode('shows the cursor', [25], { standard: true }),
  mode('switches to the alternate screen and back', [47, 1047, 1048, 1049]),
  mode('sends clicks and moves of the mouse to the program', [9, 1000, 1002, 1003, 1005, 1006, 1015], { input: true }),
  mode('tells the program when the terminal gets or loses the focus', [1004], { input: true }),
  mode('marks text that the user pastes', [2004], { input: true }),
  mode('draws a whole screen at once', [2026]),
  {
    written: '`ESC c`',
    does: 'resets the terminal',
    why: 'Berth undoes what the program had set, and erases the screen, in its place. The scrollback stays',
    samples: ['\u001bc'],
    passes: { kind: 'reset', behindEsc: 'c', clears: true },
  },
  {
    written: '`CSI ! p`',
    does: "resets the terminal's modes",
    why: 'Berth undoes what the program had set in its place',
    samples: ['\u001b[!p'],
    passes: { kind: 'reset', behindEsc: '[!p', clears: false },
  },
  dropped('`OSC 52`', 'reads or sets the clipboard', "it is the user's", [
    '\u001b]52;c;ZXZpbA==\u0007',
    '\u001b]52;p;?\u001b\\',
  ]),
  dropped(
    '`OSC 0`, `1`, `2`, `CSI … t`',
    'sets, saves or reports title and icon; moves, sizes or closes the window',
    "it is the user's window",
    ['\u001b]0;title\u0007', '\u001b]2;title\u001b\\', '\u001b[21t', '\u001b[22;0t', '\u001b[8;50;100t'],
  ),
  dropped(
    '`OSC 4`, `10` to `19`, `104` to `119`',
    'sets or asks for colours of the terminal',
    'Berth could not put them back',
    ['\u001b]4;1;rgb:ff/00/00\u0007', '\u001b]11;?\u001b\\', '\u001b]104\u0007'],
  ),
  dropped('`OSC 8`', 'makes text a link', 'a link may lead elsewhere than its text says. The text stays', [
    '\u001b]8;;https://example.com\u001b\\',
  ]),
  dropped(
    '`OSC 7`, `9`, `133`, `777`, `1337` and all others',
    'names folders, shows notices, sends files',
    'only what this table names passes',
    ['\u001b]9;notice\u0007', '\u001b]1337;File=name=eA==:eA==\u0007', '\u009d777;notify;a;b\u009c'],
  ),
  dropped(
    '`DCS`, `APC`, `PM`, `SOS`',
    'sends pictures, defines keys, asks for settings',
    'only what this table names passes',
    [
      '\u001bPq#0;2;0;0;0\u001b\\',
      '\u001bP$qm\u001b\\',
      '\u001b_Ga=T;AAAA\u001b\\',
      '\u001b^private\u001b\\',
      '\u001bXstring\u001b\\',
      '\u0090+q544e\u009c',
    ],
  ),
  dropped(
    '`CSI n n`, `c`, `x`, `CSI ? … n`, `CSI … $ p`, `CSI > q`, `ESC Z`, `ENQ`',
    'asks the terminal what it is, and where the cursor is',
    ANSWERS,
    [
      '\u001b[6n',
      '\u001b[5n',
      '\u001b[?6n',
      '\u001b[?996n',
      '\u001b[c',
      '\u001b[>c',
      '\u001b[=c',
      '\u001b[x',
      '\u001b[?2026$p',
      '\u001b[4$p',
      '\u001b[>q',
      '\u001bZ',
      '\u0005',
    ],
  ),
  dropped('`CSI … * y`, `CSI ? … i`, `CSI n i`', 'reads the screen, prints it', "it is the user's printer and screen", [
    '\u001b[1;1;1;1;10;10*y',
    '\u001b[5i',
    '\u001b[?5i',
  ]),
  dropped('`CSI > … u`, `CSI < u`, `CSI = … u`, `CSI ? u`', 'changes how keys are sent (kitty)', KEYBOARD, [
    '\u001b[>1u',
    '\u001b[<u',
    '\u001b[=1;1u',
    '\u001b[?u',
  ]),
  dropped('`CSI > … m`, `CSI ? … m`, `CSI > … n`', 'changes how keys are sent (xterm)', KEYBOARD, [
    '\u001b[>4;2m',
    '\u001b[?4m',
    '\u001b[>4n',
  ]),
  dropped('`CSI 3 J`', 'erases the scrollback', 'what the user did before is there', ['\u001b[3J']),
  dropped('`CSI ? 12 h/l`, `CSI ? 1007 h/l`', 'lets the cursor blink, makes the wheel press keys', PREFERENCE, [
    '\u001b[?12h',
    '\u001b[?1007h',
  ]),
  dropped('`CSI ? 3 h/l`, `CSI ? 40 h/l`', 'changes the size of the window', "it is the user's window", [
    '\u001b[?3h',
    '\u001b[?40h',
  ]),
  dropped('`CSI ? 2031 h`, `CSI ? 2048 h`', 'reports colours and sizes by itself', ANSWERS, [
    '\u001b[?2031h',
    '\u001b[?2048h',
  ]),
  dropped(
    '`CSI 2 h`, `CSI 12 h`, `CSI 20 h`, other modes',
    'locks the keyboard, echoes, changes Enter',
    'only what this table names passes',
    ['\u001b[2h', '\u001b[12h', '\u001b[20h', '\u001b[?2l', '\u001b[?69h', '\u001b[?80h', '\u001b[?2027h'],
  ),
  dropped('`CSI ? … s`, `CSI ? … r`', 'saves and restores modes', 'Berth could not undo what it does not see', [
    '\u001b[?1049s',
    '\u001b[?1049r',
  ]),
  dropped('`ESC H`, `CSI n g`', 'sets and clears tab stops', PREFERENCE, ['\u001bH', '\u001b[3g']),
  dropped(
    '`ESC % G`, `ESC SP F`, `ESC n`, `ESC N`, `ESC ( …` for other sets',
    'leaves UTF-8, changes the form of codes',
    'what follows would be read as something else',
    ['\u001b%@', '\u001b%G', '\u001b G', '\u001bn', '\u001bN', '\u001b(>', '\u001b*0'],
  ),
  dropped(
    '`ESC # …`, `CSI … $ …`, `CSI … q`, all others',
    'double-sized lines, rectangles, lights and more',
    'only what this table names passes',
    ['\u001b#8', '\u001b[1;1;2;2$z', '\u001b[1q', '\u001bk', '\u001bl'],
  ),
  dropped(
    '`NUL`, `XON`, `XOFF`, `CAN`, `SUB`, `DEL` and other controls',
    'nothing that is seen',
    'only what this table names passes',
    ['\u0000', '\u0011', '\u0013', '\u0018', '\u001a', '\u007f', '\u0080'],
  ),
  dropped(
    'marks of direction, tags, separators of lines',
    'turn or hide text (U+202E and the like)',
    'what is on the screen is to be what is there',
    ['\u202e', '\u2066', '\u200f', '\u2028', '\ufeff', '\u{e0041}'],
  ),
]
