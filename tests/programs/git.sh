# git: a repository of some commits, branches and a merge; a clone of it; fsck, gc, status.
cd "$(mktemp -d)" || exit
export GIT_AUTHOR_DATE='2000-01-01 00:00:00 +0000' GIT_COMMITTER_DATE='2000-01-01 00:00:00 +0000' GIT_PAGER=cat
git config --global user.name Somebody
git config --global user.email somebody@example.com
git config --global init.defaultBranch main
git init -q first && cd first || exit
for i in $(seq 200); do
    mkdir -p d$((i % 7)) && seq "$i" $((i + 100)) >d$((i % 7))/file$i
done
git add . && git commit -qm 'the first' && git rev-parse HEAD
for i in $(seq 10); do
    echo "change $i" >>d1/file1
    git commit -qam "change $i"
done
git checkout -qb other HEAD~5 && echo other >d2/other && git add -A && git commit -qm other
git checkout -q main && git merge -q --no-edit other && git rev-parse HEAD
git log --oneline --graph | head -8
git status --short --branch
echo dirty >>d3/file3 && git status --short && git diff --stat && git stash -q && git stash pop -q && git checkout -q .
git tag -a v1 -m 'a tag' && git describe
git blame d1/file1 | tail -1 | cut -c1-8
cd .. && git clone -q first second && cd second || exit
git rev-parse HEAD
git fsck --full --strict
echo more >>d4/file4 && git commit -qam more && git push -q origin HEAD:pushed && git -C ../first rev-parse pushed
git clone -q --no-local --bare ../first ../third.git && git -C ../third.git fsck
git repack -qad && git gc -q && git count-objects -v | grep -v size
git fsck
git grep -c 'change 3'
git archive HEAD d5 | tar -t | wc -l
git rebase -q HEAD~1 2>&1 | tail -1
git format-patch -1 --stdout | tail -3 | head -1
rm -r d5 && git ls-files -d | wc -l && git reset -q --hard && ls d5 | wc -l
git worktree add -q ../tree HEAD~1 && git -C ../tree rev-parse HEAD
