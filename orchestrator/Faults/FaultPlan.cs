#if HOSTSWAP_FAULTS
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using HostSwap.Orchestrator.Errors;
using Microsoft.Data.Sqlite;
using Microsoft.Win32.SafeHandles;

namespace HostSwap.Orchestrator.Faults;

/// <summary>
/// What happens at which fault point. A process takes it from its environment: <c>HOSTSWAP_FAULT</c> holds rules
/// (<see cref="FaultRule"/>) separated by <c>;</c>, and <c>HOSTSWAP_FAULT_LOG</c> names a file that gets one line
/// <c>N POINT</c> for each hit, before its action: N counts the hits of that very point.
/// </summary>
/// <param name="rules">The rules; where several are due at one hit the first is obeyed.</param>
/// <param name="log">The file; null for none.</param>
internal sealed partial class FaultPlan(IReadOnlyList<FaultRule> rules, string? log)
{
    private const int WrongUsage = 2;
    private const int SignalKill = 9;
    private const int SignalStop = 19;
    private const int SqliteFull = 13;

    // From Linux's fcntl.h; the numbers are the same on every architecture that .NET runs on.
    private const int WriteOnly = 1;
    private const int Create = 0x40;
    private const int Append = 0x400;
    private const int CloseOnExec = 0x80000;
    private const int OwnerOnly = 0x180;

    private static readonly Lazy<FaultPlan> OfThisProcess = new(FromEnvironment);
    private static readonly AsyncLocal<FaultPlan?> OfThisFlow = new();

    private readonly Lock _lock = new();
    private readonly int[] _due = [.. rules.Select(rule => rule.Number)];
    private readonly Dictionary<string, int> _hits = new(StringComparer.Ordinal);

    /// <summary>The plan that holds here: the process's, but for a unit test that has set one for itself.</summary>
    public static FaultPlan Current
    {
        get => OfThisFlow.Value ?? OfThisProcess.Value;
        set => OfThisFlow.Value = value;
    }

    /// <summary>Reads rules separated by <c>;</c>.</summary>
    /// <exception cref="FormatException">One is malformed; the message says which and why.</exception>
    public static FaultPlan Parse(string rules, string? log = null) =>
        new(rules.Length == 0 ? [] : [.. rules.Split(';').Select(FaultRule.Parse)], log);

    /// <summary>Counts the hit, logs it, and does what is due.</summary>
    public void Hit(string point)
    {
        switch (Count(point))
        {
            case FaultAction.Kill:
                Signal(SignalKill);
                throw new UnreachableException("A process that killed itself goes on.");
            case FaultAction.Stop:
                Signal(SignalStop);
                break;
            case FaultAction.IoError:
                throw new SqliteException("SQLite Error 13: 'database or disk is full'.", SqliteFull, SqliteFull);
            case FaultAction.Fail:
                throw new AdapterException("fault", point, "injected");
        }
    }

    private FaultAction? Count(string point)
    {
        lock (_lock)
        {
            var number = _hits[point] = _hits.GetValueOrDefault(point) + 1;
            if (log is not null)
                AppendLine(log, string.Create(CultureInfo.InvariantCulture, $"{number} {point}\n"));

            FaultAction? due = null;
            for (var i = 0; i < rules.Count; i++)
            {
                if (rules[i].IsFor(point) && --_due[i] == 0)
                    due ??= rules[i].Action;
            }

            return due;
        }
    }

    private static FaultPlan FromEnvironment()
    {
        try
        {
            return Parse(
                Environment.GetEnvironmentVariable("HOSTSWAP_FAULT") ?? "",
                Environment.GetEnvironmentVariable("HOSTSWAP_FAULT_LOG") is { Length: > 0 } file ? file : null);
        }
        catch (FormatException exception)
        {
            // Not thrown: it would be taken for a failure of what the test looks at.
            Console.Error.WriteLine($"HOSTSWAP_FAULT: {exception.Message}");
            Environment.Exit(WrongUsage);
            throw;
        }
    }

    /// <summary>One write with O_APPEND, which Linux does not mix with another process's.</summary>
    private static void AppendLine(string file, string line)
    {
        var descriptor = Open(file, WriteOnly | Create | Append | CloseOnExec, OwnerOnly);
        if (descriptor < 0)
            throw new IOException($"{file}: {Marshal.GetLastPInvokeErrorMessage()}");
        using var stream = new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Write, bufferSize: 0);
        stream.Write(Encoding.UTF8.GetBytes(line));
    }

    private static void Signal(int signal)
    {
        if (Kill(Environment.ProcessId, signal) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags, int mode);
}
#endif
