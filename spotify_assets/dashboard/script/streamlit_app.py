"""`streamlit run` starts this file; see `spotify_assets.dashboard.serve` for how."""

from spotify_assets.dashboard.app import main

main()
