/** The vocabulary of the generated models: a SentencePiece tokenizer with byte fallback and 200 English words. */

const WORDS =
  `the of and to in a is that for it as was with be by on not he his but at are this have from or had an
they which one you were her all she there would their we him been has when who will more no if out so said what up
its about into than them can only other new some could time these two may then do first any my now such like our over
man me even most made after also did many before must through back years where much your way well down should because
each just those people how too little state good very make world still own see men work long get here between both
life being under never day same another know while last might us great old year off come since against go came right
used take three`.split(/\s+/);

/** Token types of the GGUF format. */
const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const UNUSED = 5;
const BYTE = 6;

export const BOS = 1;
export const EOS = 2;

/** What stands for a space in a SentencePiece token. */
const SPACE = '▁';

/** The tokens with their scores (a higher one is merged first) and types. Their number is a multiple of 32. */
export function vocabulary() {
  const vocab = { tokens: [], scores: [], types: [] };
  const add = (token, score, type) => {
    vocab.tokens.push(token);
    vocab.scores.push(score);
    vocab.types.push(type);
  };
  add('<unk>', 0, UNKNOWN);
  add('<s>', 0, CONTROL);
  add('</s>', 0, CONTROL);
  for (let byte = 0; byte < 256; byte++) {
    add(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`, 0, BYTE);
  }
  add(SPACE, -1000, NORMAL);
  for (let code = 33; code < 127; code++) add(String.fromCharCode(code), -1000, NORMAL);
  // The tokenizer merges in pairs: a word is reached only when each of its beginnings is a token as well.
  const known = new Set(vocab.tokens);
  for (const word of WORDS) {
    for (let length = 1; length <= word.length; length++) {
      const token = SPACE + word.slice(0, length);
      if (known.has(token)) continue;
      known.add(token);
      add(token, -length, NORMAL);
    }
  }
  while (vocab.tokens.length % 32) add(`<pad${vocab.tokens.length}>`, 0, UNUSED);
  return vocab;
}

/**
 * How much a token is favoured, whatever came before. Never: control tokens, bytes and padding; above all not the
 * end-of-sequence token, so that a text gets exactly the length that was asked for. Words rather than single letters.
 */
export function bias(token, type) {
  if (type !== NORMAL) return -60;
  return token.length > 2 ? 1 : -3;
}
