using System.Text.Json;
using HostSwap.Hostctl;
using HostSwap.Hostctl.Logging;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

public sealed class LoggingTests : IDisposable
{
    private readonly Harness _hostctl = new();

    private string LogFile => Path.Join(_hostctl.LogDirectory, "hostctl.log");

    public void Dispose() => _hostctl.Dispose();

    [Fact]
    public async Task Every_line_of_a_swap_carries_its_number_and_generation_and_those_of_a_vm_the_vm()
    {
        await _hostctl.RunAsync("swap", "--yes");

        var lines = await ReadAsync();
        var swap = lines.SkipWhile(line => !line.GetProperty("@mt").GetString()!.StartsWith("{Operation} from", StringComparison.Ordinal)).ToList();
        swap.Count.ShouldBeGreaterThan(5);
        swap.ShouldAllBe(line => line.GetProperty("SwapId").GetInt64() == 7 && line.GetProperty("Generation").GetInt32() == 1);
        swap.Where(line => Has(line, "MoveState")).ShouldAllBe(line => Has(line, "Vm"));
    }

    [Fact]
    public async Task The_file_is_for_its_owner_alone()
    {
        await _hostctl.RunAsync("start");

        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(LogFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task Several_writers_do_not_tear_each_others_lines()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(() =>
        {
            Directory.CreateDirectory(_hostctl.LogDirectory);
            using var log = HostctlLog.Open(_hostctl.LogDirectory, GrammarTests.Services(), false, _ => { });
            for (var i = 0; i < 200; i++) log.Logger.Information("{Writer} {Line} {Filling}", writer, i, new string('x', 3000));
        })));

        (await ReadAsync()).Count.ShouldBe(800);
    }

    [Fact]
    public async Task Without_a_directory_there_is_a_warning_and_no_crash()
    {
        (await _hostctl.RunAsItIsAsync("status")).ShouldBe(0);

        _hostctl.Error.ShouldStartWith("hostctl: warning: nothing is logged: there is no directory '");
        _hostctl.Error.ShouldContain("hostctl init");
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_is_a_warning_and_no_crash()
    {
        Directory.CreateDirectory(LogFile);

        (await _hostctl.RunAsync("status")).ShouldBe(ExitCode.Done);

        _hostctl.Error.ShouldStartWith("hostctl: warning: nothing is logged: cannot write '");
    }

    [Fact]
    public async Task Under_systemd_lines_carry_levels()
    {
        _hostctl.Environment["INVOCATION_ID"] = "0123";
        _hostctl.Host.Failure = new InvalidOperationException("boom");

        await _hostctl.RunAsync("start");

        var lines = _hostctl.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[0].ShouldStartWith("<6>hostctl");
        lines[1].ShouldStartWith("<3>hostctl: internal error");
        lines.Length.ShouldBe(2);
    }

    [Fact]
    public async Task On_a_terminal_an_inherited_invocation_id_means_nothing()
    {
        using var hostctl = Harness.WithTerminal();
        hostctl.Environment["INVOCATION_ID"] = "0123";

        await hostctl.RunAsync("start");

        hostctl.Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task Verbose_shows_log_lines_on_stderr()
    {
        await _hostctl.RunAsync("swap", "--yes", "--verbose", "--format", "json");

        _hostctl.Error.ShouldContain("Step \"start-candidate\" begun");
        _hostctl.JsonLines.ShouldNotBeEmpty();
    }

    private static bool Has(JsonElement line, string property) => line.TryGetProperty(property, out _);

    private async Task<List<JsonElement>> ReadAsync() =>
        [.. (await File.ReadAllLinesAsync(LogFile, TestContext.Current.CancellationToken))
            .Select(line => JsonDocument.Parse(line).RootElement)];
}
