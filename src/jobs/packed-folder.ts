/** A person's folder as one archive, ready to be sent. */
export interface PackedFolder {
  /** The name of the artifact. */
  as: string;
  sha256: string;
  bytes: number;
  contents: string[];
  /** Of the program: how it wants to be run. */
  firstLine: string;
  /** Something a person should know. */
  note?: string | undefined;
}

/** Why it could not be packed, and which key of `script` is to blame. */
export interface Unpackable {
  wrong: string;
  key: 'local_path' | 'name';
}

/** A person's file, ready to be sent. */
export interface SentFile {
  /** The name of the artifact. */
  as: string;
  sha256: string;
  bytes: number;
  text: string;
}

/** Only the producer's side sees the person's files. */
export interface FolderPacker {
  /**
   * @param local a folder, relative to the recipe's; without one the program is all there is
   * @param file the recipe's file that names it
   */
  pack(local: string | undefined, script: string, file: string): PackedFolder | Unpackable;
  /** One file, relative to the recipe's, as it is. */
  send(name: string, file: string): SentFile | Pick<Unpackable, 'wrong'>;
}
