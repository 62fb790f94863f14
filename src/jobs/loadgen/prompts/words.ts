/** Common English words of one or two syllables: most tokenizers make about one token of each. */
export const WORDS = (
  'time year people way day man thing woman life child world school state family student group country problem ' +
  'hand part place case week company system program question work number night point home water room mother area ' +
  'money story fact month lot right study book eye job word business issue side kind head house service friend ' +
  'father power hour game line end member law car city name team minute idea body back parent face level office ' +
  'door health person art war history party result change morning reason research girl guy moment air teacher force ' +
  'good new first last long great little own other old right big high different small large next early young ' +
  'important few public bad same able have do say get make go know take see come think look want give use find ' +
  'tell ask work seem feel try leave call keep let begin help show hear play run move live believe bring happen ' +
  'write sit stand lose pay meet set learn lead watch follow stop create speak read spend grow open walk win teach ' +
  'offer remember consider appear buy serve die send build stay fall cut reach kill raise pass sell decide return ' +
  'and but or so because while when where after before under over between through about against during without'
).split(' ');
