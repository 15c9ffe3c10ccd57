using Microsoft.Data.Sqlite;

namespace HostSwap.Orchestrator.Journal;

/// <summary>Says in the operator's words what SQLite's result codes mean (sqlite.org/rescode.html).</summary>
internal static class JournalFaults
{
    private const int Permission = 3;
    private const int Busy = 5;
    private const int Locked = 6;
    private const int ReadOnly = 8;
    private const int InputOutput = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int Constraint = 19;
    private const int NotADatabase = 26;

    /// <summary>
    /// What remains of a failed SQLite call. A broken constraint is a defect of the caller; everything else happened
    /// to the file.
    /// </summary>
    public static Exception Translate(string file, string doing, SqliteException exception)
    {
        if (exception.SqliteErrorCode == Constraint)
            return new InvalidOperationException($"The journal refuses what it was told: {exception.Message}", exception);

        var (what, remedy) = exception.SqliteErrorCode switch
        {
            Full => ("the disk is full", $"Free some space on the file system of {file}, then run 'hostctl resume' where a swap was under way."),
            InputOutput => ("the disk failed", $"Look for I/O errors in the kernel's log (dmesg), and put {file} on a sound disk."),
            ReadOnly => ("it cannot be written", $"Make the file system of {file} writable; one that turned read-only by itself has seen I/O errors (dmesg)."),
            Permission or CannotOpen => ("it cannot be opened", $"Run as root, and see that {Path.GetDirectoryName(file)} exists and can be written."),
            Busy or Locked => ("another program keeps it locked", $"Find out what holds {file} (fuser -v), and try again."),
            Corrupt => ("it is damaged", $"Keep a copy of {file} with its -wal file, and recover what is left with: sqlite3 {file} .recover"),
            NotADatabase => ("it is no SQLite file", $"Move {file} away if it is not HostSwap's; restore it from a backup if it was."),
            _ => ("SQLite failed", $"Check {file} with: sqlite3 {file} 'PRAGMA integrity_check'"),
        };
        return new JournalException(
            file,
            $"{doing}: {what} ({exception.Message}, code {exception.SqliteExtendedErrorCode})",
            remedy,
            exception);
    }

    /// <summary>The file is sound, but says what this program does not understand.</summary>
    public static JournalException Unreadable(string file, string what) =>
        new(file, what, $"Use a hostctl at least as new as the one that wrote {file}.");

    /// <summary>Whether SQLite could not make its helper files, as on a read-only file system.</summary>
    public static bool IsUnwritable(SqliteException exception) => exception.SqliteErrorCode is ReadOnly or CannotOpen or Permission;
}
