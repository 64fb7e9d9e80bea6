# Two commands: `make demo` writes handwriting, `make test` tests everything. Both set up what they need.
PYTHON ?= python3
VENV ?= .venv
TEXT ?= the quick brown fox jumps

.PHONY: browser demo gallery serve test setup

setup: $(VENV)/ready

$(VENV)/ready: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

# TEXT reaches the shell in single quotes, so that quotation marks, dollars and a leading dash are written as they are.
demo: setup
	@$(VENV)/bin/python sample.py --out handwriting --format svg,png -- "Hello world" '$(subst ','\'',$(value TEXT))'
	@echo
	@echo 'Next:  make demo TEXT="your own words"'
	@echo '       $(VENV)/bin/python sample.py "Dear reader," --bias 1 --seed 7 --out letter.svg'
	@echo '       $(VENV)/bin/python sample.py --help'

# The page and the API, for this machine alone; SERVE takes options, such as SERVE="--host 0.0.0.0 --port 80".
serve: setup
	$(VENV)/bin/python serve.py $(SERVE)

# The tests of the web page need a Chromium; without it they are skipped.
browser: setup
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r requirements-browser.txt
	@command -v chromium || command -v chromium-browser || command -v google-chrome || \
	  { [ "$$(id -u)" = 0 ] && sudo= || sudo=sudo; $$sudo apt-get update && $$sudo apt-get install --yes chromium; }

# The pictures of docs/gallery.md, each by the command line that the page shows.
gallery: setup
	$(VENV)/bin/python -m writemate_jax.gallery

# Two processes, each with a file at a time, whose fixtures are dear: half the time on two cores.
test: setup
	$(VENV)/bin/python -m pytest --numprocesses 2 --dist loadfile
