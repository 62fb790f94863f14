import sshConfig from 'ssh-config';

/** The hosts that a person's ssh configuration names, patterns aside: what `ssh <Tab>` offers. */
export function sshAliases(sshConfigText: string): string[] {
  const names = sshConfig.parse(sshConfigText).flatMap((line) => {
    if (!('param' in line) || !/^host$/i.test(line.param)) return [];
    return [line.value]
      .flat()
      .flatMap((value) => (typeof value === 'string' ? value.split(/\s+/) : value.val));
  });
  return [...new Set(names)].filter((name) => name !== '' && !/[*?!]/.test(name));
}
