// The smallest plugin: a service and a client of your own. In sbench.config.yaml:
//
//   plugins: [./examples/plugin/echo.js]
//
// `sbench services` then lists `echo`. What `sbench` holds here is what `import … from 'sbench/jobs'` gives.
/** @param {typeof import('sbench/jobs')} sbench */
export default function plugin({ Service, Client, serviceFrame, clientFrame, nonEmpty }) {
  class Echo extends Service {
    static summary = 'answers every request with one text';
    static schema = serviceFrame.extend({ answer: nonEmpty });
    static owns = ['ANSWER'];

    plan() {
      const { answer, ports = 'auto' } = this.recipe;
      return {
        argv: [['python3'], ['-c'], [PROGRAM], [{ token: 'SBENCH_PORT' }]],
        env: [['ANSWER', [answer]]],
        binds: [],
        artifacts: [],
        files: [],
        resultParser: 'none',
        port: ports,
        endpoint: { scheme: 'http', path: '' },
        readiness: { probe: 'http', method: 'GET', path: '/', body: '', expect: answer, fatal: '' },
      };
    }
  }

  class Once extends Client {
    static summary = 'asks once, and keeps the answer';
    static schema = clientFrame;
    static owns = [];

    plan() {
      const code = 'import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())';
      return {
        argv: [['python3'], ['-c'], [code], [{ token: 'TARGET_SERVICE_URL' }]],
        env: [],
        binds: [],
        artifacts: [],
        stdoutFile: 'answer.txt',
        files: [],
        resultParser: 'none',
      };
    }
  }

  return { apiVersion: 1, services: { echo: Echo }, clients: { once: Once } };
}

const PROGRAM = `
import http.server, os, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        text = os.environ["ANSWER"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
http.server.ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Answer).serve_forever()
`;
