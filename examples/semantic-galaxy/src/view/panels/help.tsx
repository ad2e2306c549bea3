const keys: readonly [key: string, does: string][] = [
  ["/", "search"],
  ["↑ ↓", "choose a hit"],
  ["Enter", "fly to it and open it"],
  ["Esc", "close, then clear the search"],
  ["+ −", "zoom"],
  ["0", "show the whole map"],
  ["?", "this help"],
];

export function Help() {
  return (
    <>
      <p>
        A model turns each text into 768 numbers, its embedding. Similar meaning gives similar
        numbers. The map shows them on two axes (UMAP), so close stars are similar texts; the search
        compares all numbers.
      </p>
      <p>
        Lines lead to the ten best hits. The number beside a hit is its cosine: 1 means the same
        direction.
      </p>
      <h3>Keys</h3>
      <dl class="keys">
        {keys.map(([key, does]) => (
          <div key={key}>
            <dt>
              {key.split(" ").map((each) => (
                <kbd key={each}>{each}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <h3>About</h3>
      <p>
        Everything runs in this browser: the model, the map and the search. No text leaves it. Built
        with <a href="https://github.com/embeddinggemma-js/embeddinggemma-js">embeddinggemma-js</a>.
        The sample texts are definitions of <a href="https://wordnet.princeton.edu">WordNet 3.1</a>,
        © Princeton University.
      </p>
    </>
  );
}
