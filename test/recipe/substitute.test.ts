import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Combination, readMatrix, substitutionOf } from '../../src/jobs/matrix.ts';
import { LocatedSource } from '../../src/shared/yaml/located-source.ts';
import { Problems } from '../../src/shared/yaml/problems.ts';
import { type Scalar, substitute, substituteAll } from '../../src/shared/yaml/substitute.ts';

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/);
const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  fc.string(),
  // What a value brings in is no name of a matrix again.
  fc.constantFrom('$a', '$$', '${b}'),
  fc.integer(),
  fc.boolean(),
);
const names = fc.dictionary(name, scalar, { minKeys: 1, maxKeys: 5 });
const substitutionBy = (values: Record<string, Scalar>) => ({
  names: new Map(Object.entries(values).map(([key, value]) => [key, { value, text: String(value) }])),
  except: new Set(['matrix']),
});

describe('a name of the matrix', () => {
  test('alone, is the value with its type', () => {
    fc.assert(
      fc.property(names, (values) => {
        const how = substitutionBy(values);
        for (const [key, value] of Object.entries(values)) {
          expect(substitute(`$${key}`, how).value).toBe(value);
          expect(substitute(`\${${key}}`, how).value).toBe(value);
        }
      }),
    );
  });

  test('inside text, is text, exactly once and as it is written', () => {
    const plain = fc.string().filter((text) => !text.includes('$'));
    fc.assert(
      fc.property(
        names,
        plain,
        plain.filter((text) => text !== ''),
        (values, before, after) => {
          const how = substitutionBy(values);
          for (const [key, value] of Object.entries(values)) {
            expect(substitute(`${before}\${${key}}${after}`, how).value).toBe(`${before}${value}${after}`);
            expect(substitute(`$${key}/$${key}`, how).value).toBe(`${value}/${value}`);
            // A doubled dollar is somebody else's: it stays for the reading after this one.
            expect(substitute(`${before}$$${key}`, how).value).toBe(`${before}$$${key}`);
          }
        },
      ),
    );
  });

  test('that the matrix does not have stays, and so does any other dollar', () => {
    fc.assert(
      fc.property(names, name, fc.string(), (values, other, text) => {
        fc.pre(!Object.hasOwn(values, other) && !text.includes('$'));
        const how = substitutionBy(values);
        for (const each of [
          `$${other}`,
          `\${${other}}`,
          `${text}$${other}/x`,
          `${text}$`,
          `$(${text})`,
          `$5${text}`,
        ])
          expect(substitute(each, how)).toEqual({ value: each, text: each });
      }),
    );
  });

  test('names that JavaScript has by itself are names like others', () => {
    const how = substitutionBy({ a: 1 });
    for (const each of ['$constructor', '$__proto__', 'x$toString'])
      expect(substitute(each, how).value).toBe(each);
  });
});

describe('a recipe with its values', () => {
  test('keeps its keys, the lengths of its lists, and what is no text', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('$a', 'x$a', '$$a', '${a}', '${a}$b'));
    const tree = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.oneof(name, fc.constantFrom('$a', 'matrix', '${b}')), tie('value'), { maxKeys: 4 }),
      ),
    })).value;
    const shape = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shape);
      if (value === null || typeof value !== 'object') return typeof value === 'string' ? 'text' : value;
      return Object.entries(value).map(([key, inner]) => [key, shape(inner)]);
    };
    fc.assert(
      fc.property(tree, (value) => {
        const how = substitutionBy({ a: 'one', b: 'two' });
        expect(shape(substituteAll(value, how))).toEqual(shape(value));
      }),
    );
  });

  test('where the combinations are written, at the top only, nothing is replaced', () => {
    const value = { matrix: { a: ['$a'] }, service: { matrix: '$a' } };
    expect(substituteAll(value, substitutionBy({ a: 7 }))).toEqual({
      matrix: { a: ['$a'] },
      service: { matrix: 7 },
    });
  });
});

describe('the combinations', () => {
  const axes = fc
    .dictionary(
      fc.stringMatching(/^x[a-z]{1,6}$/),
      fc.uniqueArray(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 4 }),
      { minKeys: 1, maxKeys: 4 },
    )
    .map((drawn): Record<string, number[]> => ({ ...drawn }));
  const read = (recipe: object): Combination[] => {
    const source = LocatedSource.parse(JSON.stringify(recipe), 'r.yaml');
    return readMatrix(source, new Problems()) ?? [];
  };
  /** The nested loops that anybody would write by hand. */
  const loops = (matrix: Record<string, number[]>): Record<string, number>[] => {
    const [first, ...others] = Object.entries(matrix);
    if (!first) return [{}];
    const [axis, values] = first;
    return values.flatMap((value) =>
      loops(Object.fromEntries(others)).map((rest) => ({ [axis]: value, ...rest })),
    );
  };

  test('come in the order of nested loops, the whole matrix again for each repeat', () => {
    fc.assert(
      fc.property(axes, fc.integer({ min: 1, max: 3 }), (matrix, repeat) => {
        const once = loops(matrix);
        const found = read({ matrix, repeat });
        expect(found.map(({ values }) => values)).toEqual(Array.from({ length: repeat }, () => once).flat());
        expect(found.map((each) => each.repeat)).toEqual(
          Array.from({ length: repeat }, (_, at) =>
            once.map(() => (repeat === 1 ? undefined : at + 1)),
          ).flat(),
        );
      }),
    );
  });

  test('exclude leaves out those that match a whole rule, and no other; the order stays', () => {
    const asked = axes.chain((matrix) => {
      const rule = fc
        .tuple(fc.constantFrom(...loops(matrix)), fc.subarray(Object.keys(matrix), { minLength: 1 }))
        .map(([values, keys]) => Object.fromEntries(keys.map((key) => [key, values[key]])));
      return fc.tuple(fc.constant(matrix), fc.array(rule, { minLength: 1, maxLength: 3 }));
    });
    fc.assert(
      fc.property(asked, ([matrix, exclude]) => {
        const left = loops(matrix).filter(
          (values) =>
            !exclude.some((rule) => Object.entries(rule).every(([key, value]) => values[key] === value)),
        );
        if (left.length === 0) expect(() => read({ matrix, exclude })).toThrow('exclude leaves nothing');
        else expect(read({ matrix, exclude }).map(({ values }) => values)).toEqual(left);
      }),
    );
  });

  test('a number goes into text as the person wrote it', () => {
    const source = LocatedSource.parse('matrix: {v: [1.0, 010, 1e3]}\n', 'r.yaml');
    const [first] = readMatrix(source, new Problems()) ?? [];
    expect(first && substitute('v$v', substitutionOf(source, first)).value).toBe('v1.0');
  });
});
