complete --keep-order --exclusive --command devsup --arguments "(DEVSUP_COMPLETE=fish devsup -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
