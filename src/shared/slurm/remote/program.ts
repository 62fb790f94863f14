import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** One file a verb of the cluster, one program on the cluster: in this order, the dispatch last. */
const PARTS = [
  'begin',
  'hello',
  'stage',
  'owner',
  'secret',
  'submit',
  'release',
  'look',
  'collect',
  'stream',
  'survey',
  'probe',
  'test-only',
  'follow',
  'cleanup',
  'end',
];

/** The one shell program that runs on login nodes, named by its content. */
export const toolText = PARTS.map((part) =>
  readFileSync(new URL(`./${part}.sh`, import.meta.url), 'utf8'),
).join('\n');
export const toolSha256 = createHash('sha256').update(toolText).digest('hex');

const END = 'SBENCH_END_OF_TOOL';

/** `<workdir>/v1/tool/<sha256>.sh`: relative to the login folder, or absolute; the same to bash, csh and fish. */
export const toolPath = (workdir: string): string => `${workdir}/v1/tool/${toolSha256}.sh`;

/**
 * What `sh` reads from its stdin to install the tool. One group: cut anywhere it is a syntax error and runs nothing.
 * The file gets its name only after its content was read back.
 */
export function installerText(workdir: string, nonce: string): string {
  const folder = `${workdir}/v1/tool`;
  return `{
umask 077
mkdir -p ${folder} || exit 73
cat >${folder}/.new.${nonce} <<'${END}'
${toolText}${END}
[ "$(sha256sum <${folder}/.new.${nonce} | cut -c1-64)" = ${toolSha256} ] || exit 74
mv -f ${folder}/.new.${nonce} ${toolPath(workdir)} || exit 75
echo @sbench-installed
exit
}
`;
}
