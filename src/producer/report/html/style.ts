/** Colours: Okabe & Ito, told apart by (nearly) all eyes; markers and dashes say the same without colour. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#5a6472;--line:#d9dee4;--paper:#fff;--card:#f6f8fa;--good:#00664b;--warn:#8a4300;
--s0:#0072b2;--s1:#d55e00;--s2:#009e73;--s3:#a8558a;--s4:#b57d00;--s5:#2a8fc7;--s6:#555}
@media (prefers-color-scheme:dark){:root{--ink:#e6eaef;--soft:#9aa6b4;--line:#333c47;--paper:#0f1318;--card:#171c23;--good:#4fd1a5;--warn:#ffb066;
--s0:#56b4e9;--s1:#ff8a3d;--s2:#2fc79a;--s3:#e39cc9;--s4:#f0c542;--s5:#8fd0ff;--s6:#bbb}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;overflow-wrap:break-word}
main{max-width:1160px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:28px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:19px;margin:44px 0 12px;padding-top:14px;border-top:1px solid var(--line)}
h3{font-size:15px;margin:24px 0 8px}
p{margin:0 0 12px;max-width:75ch}
.soft{color:var(--soft)}.small{font-size:13px}
.verdict{margin:20px 0 0;padding:12px 16px;border-left:4px solid var(--good);background:var(--card);border-radius:0 6px 6px 0}
.verdict.warn{border-color:var(--warn)}.verdict p{margin:0}.verdict ul{margin:6px 0 0;padding-left:20px}
.wide{overflow-x:auto;margin:0 0 8px}
table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
th,td{padding:6px 12px;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--soft);font-size:12.5px;vertical-align:bottom;line-height:1.3}
.n{text-align:right;white-space:nowrap}th.n{white-space:normal}th.n,td.n{padding-left:8px;padding-right:8px}td:first-child,th:first-child{padding-left:0}
.pm{display:block;color:var(--soft);font-size:11.5px;line-height:1.2}.place{white-space:nowrap}
.pairs{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,520px),1fr));gap:8px 32px}.pairs>*{min-width:0}.pairs td,.pairs th{padding:4px 9px}.pairs td:first-child,.pairs th:first-child{padding-left:0}
.codes{font-size:11.5px;color:var(--warn);min-width:12ch}.codes.ok{color:var(--good);font-size:13px}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr));gap:24px 20px;margin:0 0 8px}
figure{margin:0;break-inside:avoid}figcaption{font-weight:600;font-size:14px;margin-bottom:2px}figcaption span{font-weight:400;color:var(--soft)}
svg{display:block;width:100%;height:auto;overflow:visible}
.legend{display:flex;flex-wrap:wrap;gap:4px 20px;margin:0 0 14px;padding:0;list-style:none;font-size:13.5px}
.legend li{display:flex;align-items:center;gap:8px}.legend svg{width:34px;height:14px;flex:none}
svg text{fill:var(--soft);font-size:11.5px;font-family:inherit;font-variant-numeric:tabular-nums}svg .label{fill:var(--ink)}
.grid{stroke:var(--line);stroke-width:1}.axis{stroke:var(--soft);stroke-width:1}
.line{fill:none;stroke-width:2;stroke-linejoin:round}.thin{stroke-width:1.5}.dash{stroke-dasharray:5 4}.whisker{stroke-width:1.2}
.mark{stroke-width:1.6}.open{fill:var(--paper)}
${[0, 1, 2, 3, 4, 5, 6].map((at) => `.c${at}{stroke:var(--s${at})}.f${at}{fill:var(--s${at})}`).join('')}
.strips{display:grid;grid-template-columns:52px minmax(0,1fr);column-gap:6px;margin:0 0 10px;break-inside:auto}
.strip{grid-column:1/-1;display:flex;flex-wrap:wrap;gap:0 20px;align-items:baseline;margin-top:12px;break-after:avoid}.strip p{margin:0 0 2px;font-size:13.5px;font-weight:600}.strip p span{font-weight:400}.strip .legend{margin:0;font-size:12.5px}
.scale,.plot{height:64px;width:100%;break-inside:avoid}.plot{border-bottom:1px solid var(--soft);overflow:hidden}.plot path{vector-effect:non-scaling-stroke}.time{grid-column:2;height:18px;width:100%}
.band{fill:var(--ink);opacity:.07}.faint{opacity:.6}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 20px;margin:0 0 12px;font-size:14px}dt{color:var(--soft)}dd{margin:0;min-width:0;overflow-wrap:anywhere}
code,pre{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
pre{background:var(--card);padding:12px 14px;border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere;margin:0 0 12px}
@media (max-width:600px){main{padding:20px 14px 48px}h1{font-size:23px}th,td{padding:6px 8px}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:6px}}
@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;--card:#f4f4f4;--good:#00664b;--warn:#8a4300;
--s0:#0072b2;--s1:#d55e00;--s2:#009e73;--s3:#a8558a;--s4:#b57d00;--s5:#2a8fc7;--s6:#555}
body{font-size:10.5pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}main{max-width:none;padding:0}.wide{overflow:visible}
table{font-size:8.5pt}th{font-size:8pt}th,td{padding:3px 7px}.codes{font-size:7pt}.charts{grid-template-columns:1fr 1fr;gap:14px}
h2,h3{break-after:avoid}tr,dl{break-inside:avoid}thead{display:table-header-group}}
`;
