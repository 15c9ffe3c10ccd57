using System.Diagnostics;
using HostSwap.Orchestrator.Journal;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using Shouldly;

namespace HostSwap.UnitTests.Journal;

/// <summary>A real journal in a directory of its own.</summary>
public abstract class JournalFixture : IDisposable
{
    protected string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("hostswap-journal-").FullName;

    protected string FilePath => Path.Join(Directory, "state/journal.db");

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 6, 7, 8, TimeSpan.Zero) + TimeSpan.FromTicks(1234567));

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) => System.IO.Directory.Delete(Directory, recursive: true);

    protected SqliteJournal Open() => SqliteJournal.Open(FilePath, Time);

    protected static MoveRecord Move(Guid uuid, string state = "Pending") =>
        new(uuid, "web", "Handover", state, "", true, null, null, null);

    protected static void Close(SqliteJournal journal, long operation) =>
        journal.Finish(operation, OperationResult.Done, "closed", "{}", OperationEnding.Settled);

    /// <summary>Asks the file itself, past the journal.</summary>
    protected object? Query(string sql, string? file = null)
    {
        using var connection = new SqliteConnection($"Data Source={file ?? FilePath};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    protected static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}: {error}");
    }
}
