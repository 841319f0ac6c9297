set edit:completion:arg-completer[devsup] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) DEVSUP_COMPLETE="elvish" devsup -- $@words) | to-lines
}
