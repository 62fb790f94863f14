import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isMap, isPair, isScalar, parseDocument, stringify, YAMLMap } from 'yaml';
import { UsageError } from '../errors.ts';
import type { Surroundings } from './find-configuration.ts';
import { loadSettings } from './load-settings.ts';

/** What a new cluster's section holds, in the words of the configuration file. */
export type ClusterSection = Readonly<Record<string, unknown>>;

/**
 * Writes a cluster into a configuration file, which it makes when there is none. Comments and all other keys stay, and
 * a file that would not load any more is not written.
 * @throws UsageError when the file has a cluster of that name.
 */
export function addClusterToFile(
  file: string,
  name: string,
  section: ClusterSection,
  surroundings: Surroundings,
): void {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const changed = withCluster(text, name, section, file);
  const draft = `${file}.${process.pid}.new`;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(draft, changed, { mode: existsSync(file) ? statSync(file).mode & 0o777 : 0o600 });
    loadSettings({ ...surroundings, config: draft });
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The text with one cluster more. */
export function withCluster(text: string, name: string, section: ClusterSection, file: string): string {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) throw new UsageError(`${file} is not YAML: ${error.message}`);
  if (document.contents === null) {
    const head = text.trim() === '' ? '' : `${text.trimEnd()}\n`;
    return `${head}${sectionOf('clusters', name, section)}`;
  }
  if (!isMap(document.contents)) throw new UsageError(`${file} is not a configuration: it holds no keys`);
  const pair = document.contents.items.find(
    (item) => isPair(item) && isScalar(item.key) && item.key.value === 'clusters',
  );
  if (!pair) return `${text.trimEnd()}\n${sectionOf('clusters', name, section)}`;
  const clusters: YAMLMap = isMap(pair.value) ? pair.value : new YAMLMap();
  if (clusters.has(name)) {
    throw new UsageError(
      `${file} has a cluster '${name}' already`,
      `Look at it with: sbench cluster check ${name}. Take it out of the file first to make it anew, or give this one another name.`,
    );
  }
  if (clusters.items.length === 0) clusters.flow = false;
  clusters.set(name, document.createNode(section));
  document.set('clusters', clusters);
  // Lines that are a person's stay as long as they are.
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

const sectionOf = (key: string, name: string, section: ClusterSection): string =>
  stringify({ [key]: { [name]: section } }, { lineWidth: 0 });
