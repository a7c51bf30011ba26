"""Other services' request shapes, so that their clients translate with this server: LibreTranslate and DeepL."""
