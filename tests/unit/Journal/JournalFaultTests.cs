using System.Diagnostics;
using HostSwap.Orchestrator.Journal;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Journal;

/// <summary>Real full, failing and read-only disks under the journal. They need root and fail without it.</summary>
public sealed class JournalFaultTests : JournalFixture
{
    private readonly Stack<Action> _undo = [];

    [Fact]
    public void A_full_disk_stops_every_further_write()
    {
        MountTmpfs("256k");
        using var journal = Open();
        var operation = journal.Begin(OperationKind.Swap, "", "{}").Id;
        long last = 0;
        var detail = new string('x', 3000);
        var full = Should.Throw<JournalException>(() =>
        {
            for (var i = 0; i < 1000; i++)
                last = journal.Intend(operation, "MoveDomains", "web", detail);
        });

        full.Message.ShouldStartWith($"journal {FilePath}: writing intend: the disk is full");
        full.Remedy.ShouldContain("Free some space");
        Should.Throw<JournalException>(() => journal.Outcome(last, EntryResult.Done, "")).InnerException.ShouldBe(full);
        journal.Entries(operation)[^1].Id.ShouldBe(last);
        Run("mount", "-o", "remount,size=4m", Mounted);
        Should.Throw<JournalException>(() => journal.Begin(OperationKind.Init, "", "{}")).Message.ShouldContain("nothing is written any more");
        journal.Dispose();
        using var again = Open();
        again.Entries(operation)[^1].ShouldSatisfyAllConditions(
            entry => entry.Id.ShouldBe(last),
            entry => entry.Result.ShouldBe(EntryResult.Unknown));
        again.FindUnfinished().ShouldNotBeNull().Id.ShouldBe(operation);
    }

    [Fact]
    public void A_disk_too_full_to_create_the_journal_is_told()
    {
        MountTmpfs("64k");
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        File.WriteAllBytes(Path.Join(Mounted, "ballast"), new byte[56 * 1024]);

        Should.Throw<JournalException>(Open).Message.ShouldContain("opening: the disk");
    }

    [Fact]
    public void A_read_only_file_system_refuses_writers_and_serves_readers()
    {
        MountTmpfs("4m");
        Operation operation;
        using (var journal = Open())
            operation = journal.Begin(OperationKind.Swap, "", "{}");
        Run("mount", "-o", "remount,ro", Mounted);

        Should.Throw<JournalException>(Open).Remedy.ShouldContain("can be written");
        using var reader = SqliteJournal.OpenReadOnly(FilePath);
        reader.FindUnfinished().ShouldBe(operation);
    }

    [Fact]
    public void Records_that_are_still_in_the_log_are_read_from_a_read_only_file_system()
    {
        MountTmpfs("4m");
        using var journal = Open();
        var operation = journal.Begin(OperationKind.Swap, "", "{}");
        // As after a kill: the files of a journal that was never closed.
        var copy = Path.Join(Mounted, "copy.db");
        foreach (var suffix in (string[])["", "-wal", "-shm"])
            File.Copy(FilePath + suffix, copy + suffix);
        journal.Dispose();
        Run("mount", "-o", "remount,ro", Mounted);

        using var reader = SqliteJournal.OpenReadOnly(copy);
        reader.FindUnfinished().ShouldBe(operation);
    }

    [Fact]
    public void An_io_error_stops_every_further_write()
    {
        // A disk that promises more than it has: a sparse image on a small tmpfs, whose loop device answers EIO when the
        // tmpfs is full. The file system above knows of no lack, so that write(2) succeeds and fsync(2) fails.
        RequireRoot();
        var medium = System.IO.Directory.CreateDirectory(Path.Join(Directory, "medium")).FullName;
        Run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", medium);
        _undo.Push(() => Run("umount", "-l", medium));
        var image = Path.Join(medium, "disk.img");
        using (var file = File.Create(image))
            file.SetLength(32 << 20);
        Run("mkfs.ext4", "-q", "-O", "^has_journal", image);
        System.IO.Directory.CreateDirectory(Mounted);
        Run("mount", "-o", "loop,errors=continue", image, Mounted);
        _undo.Push(() => Run("umount", "-l", Mounted));
        using var journal = Open();
        var operation = journal.Begin(OperationKind.Swap, "", "{}").Id;

        var detail = new string('x', 60_000);
        var failed = Should.Throw<JournalException>(() =>
        {
            for (var i = 0; i < 100; i++)
                journal.Intend(operation, "MoveDomains", "web", detail);
        });

        failed.Message.ShouldContain("the disk failed");
        Should.Throw<JournalException>(() => journal.Begin(OperationKind.Init, "", "{}")).InnerException.ShouldBe(failed);
    }

    [Fact]
    public void A_damaged_file_is_told_and_not_believed()
    {
        using (var journal = Open())
        {
            var operation = journal.Begin(OperationKind.Swap, "", "{}").Id;
            for (var i = 0; i < 100; i++)
                journal.Intend(operation, "MoveDomains", "web", new string('x', 1000));
        }

        using (var file = File.OpenWrite(FilePath))
        {
            file.Position = 4096;
            file.Write(new byte[file.Length - 4096]);
        }

        using var reader = SqliteJournal.OpenReadOnly(FilePath);
        var exception = Should.Throw<JournalException>(() => reader.Entries(1));
        exception.Message.ShouldContain("it is damaged");
        exception.Remedy.ShouldContain(".recover");
    }

    [Fact]
    public void A_writer_killed_at_any_moment_loses_nothing_that_it_had_written()
    {
        // Each INSERT is followed by its number on standard output: whatever was printed had been committed.
        Open().Dispose();
        long operation;
        using (var journal = Open())
            operation = journal.Begin(OperationKind.Swap, "", "{}").Id;
        for (var round = 0; round < 5; round++)
        {
            var printed = KillWriterAfter(operation, TimeSpan.FromMilliseconds(50 + (40 * round)));
            using var journal = Open();
            var entries = journal.Entries(operation);
            entries.ShouldContain(entry => entry.Id == printed);
            entries.ShouldAllBe(entry => entry.Result == EntryResult.Unknown);
            Query("PRAGMA integrity_check").ShouldBe("ok");
            journal.FindUnfinished().ShouldNotBeNull().Id.ShouldBe(operation);
        }
    }

    protected override void Dispose(bool disposing)
    {
        while (_undo.TryPop(out var undo))
            undo();
        base.Dispose(disposing);
    }

    private string Mounted => Path.GetDirectoryName(FilePath)!;

    private long KillWriterAfter(long operation, TimeSpan delay)
    {
        using var child = Process.Start(new ProcessStartInfo("sqlite3", [FilePath])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var printed = 0L;
        var reading = Task.Run(() =>
        {
            while (child.StandardOutput.ReadLine() is { } line)
            {
                if (long.TryParse(line, System.Globalization.CultureInfo.InvariantCulture, out var id))
                    Interlocked.Exchange(ref printed, id);
            }
        });
        var writing = Task.Run(() =>
        {
            // ".timeout" prints nothing, where PRAGMA busy_timeout would print a number that is no entry's.
            child.StandardInput.WriteLine("PRAGMA synchronous = FULL;");
            child.StandardInput.WriteLine(".timeout 5000");
            for (var i = 0; i < 100_000; i++)
            {
                child.StandardInput.WriteLine(
                    $"INSERT INTO entries (operation, step, subject, detail, result, observed, intended_at) VALUES ({operation}, 's', 'web', '{{}}', 'Unknown', '', '2026-11-23T00:00:00.0000000Z'); SELECT last_insert_rowid();");
            }
        });
        // Killed amid its writes: it has begun, and has far more before it than it can do in the delay.
        SpinWait.SpinUntil(() => Interlocked.Read(ref printed) > 0, TimeSpan.FromSeconds(30)).ShouldBeTrue("the child must have begun");
        Thread.Sleep(delay);
        child.Kill();
        child.WaitForExit();
        reading.Wait(TimeSpan.FromSeconds(10)).ShouldBeTrue();
        Should.Throw<AggregateException>(() => writing.Wait(TimeSpan.FromSeconds(10)))
            .InnerException.ShouldBeAssignableTo<IOException>();
        return Interlocked.Read(ref printed);
    }

    private void MountTmpfs(string size)
    {
        RequireRoot();
        System.IO.Directory.CreateDirectory(Mounted);
        Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", Mounted);
        _undo.Push(() => Run("umount", "-l", Mounted));
    }

    private static void RequireRoot() =>
        System.Environment.IsPrivilegedProcess.ShouldBeTrue("this test mounts a file system of its own and must run as root");
}
