using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Procfs;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Carrying;

public sealed class FileTreeTests : IDisposable
{
    private static readonly DateTime LongAgo = new(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hostswap-unit-");
    private readonly HeldDirectory _from;
    private readonly HeldDirectory _to;

    public FileTreeTests()
    {
        _from = HeldDirectory.Ensure(Path.Join(_root.FullName, "from"));
        _to = HeldDirectory.Ensure(Path.Join(_root.FullName, "to"));
    }

    public void Dispose()
    {
        _from.Dispose();
        _to.Dispose();
        _root.Delete(recursive: true);
    }

    [Fact]
    public void A_copy_has_contents_permissions_times_and_links()
    {
        var inside = Directory.CreateDirectory(Path.Join(_from.Path, "tree/inside"));
        var file = Path.Join(inside.FullName, "key");
        File.WriteAllText(file, "secret");
        File.SetUnixFileMode(file, UnixFileMode.UserRead);
        File.CreateSymbolicLink(Path.Join(inside.FullName, "link"), "../nowhere");
        File.SetLastWriteTimeUtc(file, LongAgo);
        Directory.SetLastWriteTimeUtc(inside.FullName, LongAgo);

        var read = FileTree.Copy(_from, "tree", _to, "copy", Token);

        var copy = Path.Join(_to.Path, "copy/inside");
        File.ReadAllText(Path.Join(copy, "key")).ShouldBe("secret");
        File.GetUnixFileMode(Path.Join(copy, "key")).ShouldBe(UnixFileMode.UserRead);
        File.GetLastWriteTimeUtc(Path.Join(copy, "key")).ShouldBe(LongAgo);
        Directory.GetLastWriteTimeUtc(copy).ShouldBe(LongAgo);
        new FileInfo(Path.Join(copy, "link")).LinkTarget.ShouldBe("../nowhere");
        FileTree.Digest(_to, "copy", stop: Token).ShouldBe(read);
    }

    [Fact]
    public void Holes_stay_holes_and_the_end_is_where_it_was()
    {
        const long Bytes = 64L << 20;
        using (var file = File.Create(Path.Join(_from.Path, "image")))
        {
            file.Write("head"u8);
            file.SetLength(Bytes);
        }

        var read = FileTree.Copy(_from, "image", _to, "image", Token);

        new FileInfo(Path.Join(_to.Path, "image")).Length.ShouldBe(Bytes);
        FileTree.Digest(_to, "image", stop: Token).ShouldBe(read);
    }

    [Theory]
    [InlineData("content")]
    [InlineData("permissions")]
    [InlineData("time")]
    [InlineData("missing")]
    [InlineData("more")]
    public void Whatever_differs_is_told_by_the_digest(string what)
    {
        Directory.CreateDirectory(Path.Join(_from.Path, "tree"));
        File.WriteAllText(Path.Join(_from.Path, "tree/a"), "one");
        var read = FileTree.Copy(_from, "tree", _to, "tree", Token);
        var copy = Path.Join(_to.Path, "tree/a");
        switch (what)
        {
            case "content":
                File.WriteAllText(copy, "two");
                File.SetLastWriteTimeUtc(copy, File.GetLastWriteTimeUtc(Path.Join(_from.Path, "tree/a")));
                break;
            case "permissions":
                File.SetUnixFileMode(copy, UnixFileMode.UserRead);
                break;
            case "time":
                File.SetLastWriteTimeUtc(copy, LongAgo);
                break;
            case "missing":
                File.Delete(copy);
                break;
            default:
                File.WriteAllText(Path.Join(_to.Path, "tree/b"), "");
                break;
        }

        FileTree.Digest(_to, "tree", stop: Token).ShouldNotBe(read);
    }

    [Fact]
    public void A_pipe_is_refused_and_holds_nobody_up()
    {
        System.Diagnostics.Process.Start("mkfifo", [Path.Join(_from.Path, "pipe")]).WaitForExit();
        Should.Throw<IOException>(() => FileTree.Copy(_from, "pipe", _to, "pipe", Token)).Message.ShouldContain("neither a file");
    }

    [Fact]
    public void A_link_in_place_of_a_directory_leads_nowhere()
    {
        Directory.CreateDirectory(Path.Join(_root.FullName, "elsewhere"));
        Directory.CreateSymbolicLink(Path.Join(_from.Path, "save"), Path.Join(_root.FullName, "elsewhere"));
        HeldDirectory.TryOpen(_from.Path, "save").ShouldBeNull();
        _from.TryEnter("save").ShouldBeNull();
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("")]
    public void What_is_no_name_is_no_name(string name) => Should.Throw<ArgumentException>(() => _from.Look(name));

    [Fact]
    public void An_interrupted_copy_stops()
    {
        File.WriteAllText(Path.Join(_from.Path, "a"), "one");
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        Should.Throw<OperationCanceledException>(() => FileTree.Copy(_from, "a", _to, "a", stopped.Token));
    }
}
