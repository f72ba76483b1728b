// The ranking of the documentation's search box, in the place of Fuse and with its interface: new Fuse(entries).search(query, {limit}).
// BM25 over the sections of the pages. No library: smalldocs loads one script before the page is read, and lunr or MiniSearch
// would bring 10 to 40 kB for these lines.
(() => {
  const K1 = 1.2, B = 0.75;  // BM25's usual constants
  const WEIGHTS = { title: 4, section: 6, text: 1 };  // how often a word of each part counts: a heading says what a section is about
  const USING = /*pages*/[]/**/;  // tools/docs.py writes here the pages for those who use kbase and do not change it
  const FOR_USERS = 1.5, NAMED = 2;  // how much more such a page counts, and a section whose name is the query itself
  const COMMON = new Set(("a an and are as at be by can do does for from how i in is it my of on one or so that the there " +
    "this to want we what when where which with you your").split(" "));
  // words that readers use for what the pages call otherwise
  const SAME = {
    remove: ["delete", "prune"], erase: ["delete"], uninstall: ["delete"], installation: ["install"], setup: ["install"],
    question: ["ask"], answer: ["ask"], find: ["search"], query: ["search"], config: ["settings"], configuration: ["settings"],
    configure: ["settings"], option: ["settings"], cluster: ["elasticsearch"], server: ["elasticsearch"], vector: ["embedding"],
    model: ["embedder", "llm"], llm: ["model"], terminal: ["command"], shell: ["command"], cli: ["command"], widget: ["explorer"],
    ui: ["explorer"], update: ["add"], upload: ["add"], import: ["add"], ingest: ["add"], file: ["source"], format: ["converter"],
    source: ["citation"], quote: ["citation"], language: ["model"],
  };

  const stem = (word) => {
    if (word.length > 5 && word.endsWith("ies")) return word.slice(0, -3) + "y";
    for (const end of ["ations", "ation", "ing", "ers", "er", "ed", "es", "s", "e"]) {
      if (word.length - end.length > 3 && word.endsWith(end) && !word.endsWith("ss")) return word.slice(0, -end.length);
    }
    return word;
  };
  // kb.search is search as well, split_markdown is split and markdown, fuseDocuments is fuse and documents
  const words = (text) => (text.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase().match(/[\p{L}\p{N}]+/gu) || [])
    .filter((word) => !COMMON.has(word));

  class WordSearch {
    constructor(entries) {
      this.entries = entries;
      this.places = new Map();  // stem → Map(entry → weighted count)
      this.lengths = entries.map((entry, place) => {
        let length = 0;
        for (const [part, weight] of Object.entries(WEIGHTS)) {
          for (const word of words(entry[part] || "")) {
            const key = stem(word);
            if (!this.places.has(key)) this.places.set(key, new Map());
            const counts = this.places.get(key);
            counts.set(place, (counts.get(place) || 0) + weight);
            length += weight;
          }
        }
        return length;
      });
      this.mean = this.lengths.reduce((sum, one) => sum + one, 0) / (entries.length || 1);
      this.stems = [...this.places.keys()].sort();
    }

    // what a word of the query may be in the index: itself, others of its meaning for less, what it begins while it is typed
    meanings(word, last) {
      const found = new Map([[stem(word), 1]]);
      for (const other of SAME[word] || SAME[stem(word)] || []) found.set(stem(other), 0.8);
      if (last && word.length > 2) {
        for (const key of this.stems) if (key.startsWith(word) && !found.has(key)) found.set(key, 0.5);
      }
      return found;
    }

    search(query, { limit = 20 } = {}) {
      query = query.trim().replace(/^kb\./, "KnowledgeBase.").replace(/\(.*$/, "");
      const asked = words(query), total = new Map(), N = this.entries.length;
      asked.forEach((word, place) => {
        const best = new Map();  // of one word its best meaning counts
        for (const [key, weight] of this.meanings(word, place === asked.length - 1)) {
          const counts = this.places.get(key);
          if (!counts) continue;
          const idf = Math.log(1 + (N - counts.size + 0.5) / (counts.size + 0.5));
          for (const [entry, count] of counts) {
            const score = weight * idf * count * (K1 + 1) / (count + K1 * (1 - B + B * this.lengths[entry] / this.mean));
            if (score > (best.get(entry) || 0)) best.set(entry, score);
          }
        }
        for (const [entry, score] of best) {
          const known = total.get(entry) || { score: 0, words: 0 };
          total.set(entry, { score: known.score + score, words: known.words + 1 });
        }
      });
      const name = query.toLowerCase();
      const fit = (entry, found) => {
        const { href, section } = this.entries[entry], page = href.split("#")[0];
        const used = page.startsWith("tutorials/") || USING.includes(page);
        const named = (section || "").toLowerCase() === name;
        return found.score * (found.words / asked.length) * (used ? FOR_USERS : 1) * (named ? NAMED : 1);
      };
      return [...total].map(([entry, found]) => ({ item: this.entries[entry], refIndex: entry, score: fit(entry, found) }))
        .sort((one, other) => other.score - one.score).slice(0, limit);
    }
  }

  // a link to an entry that is folded away opens it
  const open = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const fold = target && target.closest("details");
    if (fold) { fold.open = true; fold.scrollIntoView(); }
  };
  if (typeof window !== "undefined") {
    window.Fuse = WordSearch;
    window.addEventListener("hashchange", open);
    document.addEventListener("DOMContentLoaded", open);
  } else if (typeof module !== "undefined") module.exports = { WordSearch };
})();
