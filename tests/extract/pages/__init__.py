"""Pages of made-up papers, labelled: what is an article, and what is not; themes as on the web, words our own."""
