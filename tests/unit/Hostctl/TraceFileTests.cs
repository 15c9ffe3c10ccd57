using System.Text.Json;
using HostSwap.Hostctl;
using HostSwap.Hostctl.Tracing;
using HostSwap.Orchestrator.Tracing;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

/// <summary>The file of all calls, which says where the time of a verb goes.</summary>
public sealed class TraceFileTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hostctl-trace-");

    [Fact]
    public void Every_call_is_a_line_with_its_system_its_name_and_how_long_it_took()
    {
        // Other tests run beside this one, and their calls are heard as well.
        var system = $"qemu {Guid.NewGuid()}";
        var path = Path.Join(_directory.FullName, "trace");
        var before = DateTimeOffset.UtcNow;
        using (Open(path))
        {
            OutsideCalls.Begin(system, "query-status").ShouldNotBeNull().Dispose();
            OutsideCalls.Begin(system, "cont").ShouldNotBeNull().Dispose();
        }

        var lines = File.ReadAllLines(path).Select(static line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("system").GetString() == system)
            .ToList();
        lines.Select(static line => line.GetProperty("call").GetString()).ShouldBe(["query-status", "cont"]);
        lines[0].GetProperty("at").GetDateTimeOffset().ShouldBeInRange(before.AddSeconds(-1), DateTimeOffset.UtcNow);
        lines[0].GetProperty("elapsedMs").GetDouble().ShouldBeInRange(0, 10_000);
        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void Nobody_asks_nobody_writes() => TraceFile.Open(new Dictionary<string, string?>(StringComparer.Ordinal)).ShouldBeNull();

    [Fact]
    public async Task One_that_cannot_be_written_is_told_and_hinders_nothing()
    {
        using var harness = new Harness();
        harness.Environment[TraceFile.Variable] = Path.Join(_directory.FullName, "absent", "trace");

        (await harness.RunAsync("history")).ShouldBe(ExitCode.Done);

        harness.Error.ShouldContain(TraceFile.Variable);
        harness.Error.ShouldContain("absent");
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private static TraceFile Open(string path) =>
        TraceFile.Open(new Dictionary<string, string?>(StringComparer.Ordinal) { [TraceFile.Variable] = path }).ShouldNotBeNull();
}
