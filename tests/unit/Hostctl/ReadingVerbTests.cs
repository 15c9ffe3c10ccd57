using HostSwap.Hostctl;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

public sealed class ReadingVerbTests : IDisposable
{
    private readonly Harness _hostctl = new();

    public void Dispose() => _hostctl.Dispose();

    [Fact]
    public async Task Status_shows_generations_and_vms()
    {
        (await _hostctl.RunAsync("status")).ShouldBe(ExitCode.Done);

        _hostctl.Out.ShouldContain("gen-1");
        _hostctl.Out.ShouldContain("hostswap/host:bookworm");
        _hostctl.Out.ShouldContain("db01");
        _hostctl.Out.ShouldContain("shut off");
        _hostctl.Out.ShouldNotContain("\u001b");
        _hostctl.Host.Disposed.ShouldBeTrue();
    }

    [Fact]
    public async Task Status_as_json_has_the_documented_shape()
    {
        (await _hostctl.RunAsync("status", "--format", "json")).ShouldBe(ExitCode.Done);

        var json = _hostctl.Json;
        json.EnumerateObject().Select(member => member.Name).ShouldBe(["schema", "initialised", "activeGeneration", "generations", "vms", "holds", "findings"]);
        json.GetProperty("schema").GetString().ShouldBe("hostswap/status/1");
        json.GetProperty("activeGeneration").GetInt32().ShouldBe(1);
        var generation = json.GetProperty("generations")[0];
        generation.EnumerateObject().Select(member => member.Name).ShouldBe(
            ["number", "name", "role", "image", "imageId", "state", "hostUuid", "libvirtVersion", "qemuVersion", "createdAt", "failedUnits"]);
        generation.GetProperty("role").GetString().ShouldBe("active");
        generation.GetProperty("hostUuid").GetGuid().ShouldBe(Samples.HostUuid);
        generation.GetProperty("libvirtVersion").GetString().ShouldBe("9.0.0");
        var vm = json.GetProperty("vms")[1];
        vm.EnumerateObject().Select(member => member.Name).ShouldBe(["name", "uuid", "generation", "state", "persistent", "autostart", "saved"]);
        vm.GetProperty("state").GetString().ShouldBe("shut off");
        vm.GetProperty("autostart").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task Status_tells_of_a_lock_and_an_unfinished_swap()
    {
        _hostctl.Host.Status = Samples.Status() with { LockHolder = "hostctl swap, pid 42", UnfinishedSwap = 9 };

        await _hostctl.RunAsync("status");

        _hostctl.Out.ShouldContain("Locked by hostctl swap, pid 42.");
        _hostctl.Out.ShouldContain("hostctl show 9");
    }

    [Theory]
    [InlineData("status")]
    [InlineData("vm", "list")]
    public async Task An_outer_host_that_is_not_initialised_has_its_exit_code(params string[] verb)
    {
        _hostctl.Host.Status = new HostStatus(false, [], [], null, null);

        (await _hostctl.RunAsync(verb)).ShouldBe(ExitCode.Environment);
        _hostctl.Out.ShouldContain("hostctl init");
        (await _hostctl.RunAsync([.. verb, "--format", "json"])).ShouldBe(ExitCode.Environment);
    }

    [Fact]
    public async Task Vm_list_as_json_has_the_documented_shape()
    {
        (await _hostctl.RunAsync("vm", "list", "--format", "json")).ShouldBe(ExitCode.Done);

        _hostctl.Json.GetProperty("schema").GetString().ShouldBe("hostswap/vm-list/1");
        _hostctl.Json.GetProperty("vms").GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task Vm_list_without_vms_says_so()
    {
        _hostctl.Host.Status = Samples.Status() with { VirtualMachines = [] };

        (await _hostctl.RunAsync("vm", "list")).ShouldBe(ExitCode.Done);

        _hostctl.Out.ShouldContain("There are no VMs.");
    }

    [Fact]
    public async Task Hostile_names_neither_style_nor_steer_the_terminal()
    {
        using var hostctl = Harness.WithTerminal();
        hostctl.Host.Status = Samples.Status(
            Samples.Vm(Samples.HostileName, Samples.Db), Samples.Vm(new string('x', 10_000), Samples.Web));

        (await hostctl.RunAsync("--no-color", "vm", "list")).ShouldBe(ExitCode.Done);

        hostctl.Out.ShouldContain("[red]x[/]\\e[2J\\nevil\\u{202E}gnp");
        hostctl.Out.ShouldNotContain("\u001b[2J");
        hostctl.Out.ShouldNotContain("\u202E");
        hostctl.Out.Length.ShouldBeLessThan(3000);
    }

    [Fact]
    public async Task Hostile_names_stay_whole_in_json()
    {
        _hostctl.Host.Status = Samples.Status(Samples.Vm(Samples.HostileName, Samples.Db));

        await _hostctl.RunAsync("vm", "list", "--format", "json");

        _hostctl.Json.GetProperty("vms")[0].GetProperty("name").GetString().ShouldBe(Samples.HostileName);
        _hostctl.Out.ShouldNotContain("\u001b");
        _hostctl.Out.ShouldNotContain("\u202E");
    }

    [Fact]
    public async Task Colours_come_on_a_terminal_unless_they_are_unwanted()
    {
        const string Green = "\u001b[32m";
        using var coloured = Harness.WithTerminal();
        await coloured.RunAsync("status");
        coloured.Out.ShouldContain(Green);

        using var option = Harness.WithTerminal();
        await option.RunAsync("status", "--no-color");
        option.Out.ShouldNotContain(Green);

        using var variable = Harness.WithTerminal();
        variable.Environment["NO_COLOR"] = "1";
        await variable.RunAsync("status");
        variable.Out.ShouldNotContain(Green);
    }

    [Fact]
    public async Task Doctor_fails_for_errors_only()
    {
        _hostctl.Host.Checks.Add(new("kvm", HealthStatus.Warning, "no /dev/kvm", "use other hardware"));
        (await _hostctl.RunAsync("doctor")).ShouldBe(ExitCode.Done);
        _hostctl.Out.ShouldContain("2 checks: 0 errors, 1 warning.");

        _hostctl.Host.Checks.Add(new("cgroup", HealthStatus.Error, "no cgroup v2", "mount it"));
        (await _hostctl.RunAsync("doctor")).ShouldBe(ExitCode.ChecksFailed);
        _hostctl.Out.ShouldContain("mount it");
    }

    [Fact]
    public async Task Doctor_as_json_has_the_documented_shape()
    {
        _hostctl.Host.Checks.Add(new("cgroup", HealthStatus.Error, "no cgroup v2", "mount it"));

        (await _hostctl.RunAsync("doctor", "--format", "json")).ShouldBe(ExitCode.ChecksFailed);

        var json = _hostctl.Json;
        json.EnumerateObject().Select(member => member.Name).ShouldBe(["schema", "healthy", "errors", "warnings", "checks"]);
        json.GetProperty("schema").GetString().ShouldBe("hostswap/doctor/1");
        json.GetProperty("healthy").GetBoolean().ShouldBeFalse();
        json.GetProperty("checks")[0].TryGetProperty("fix", out _).ShouldBeFalse();
        json.GetProperty("checks")[1].GetProperty("status").GetString().ShouldBe("error");
    }

    [Fact]
    public async Task Verify_fails_for_errors_only_and_says_of_what_they_are()
    {
        _hostctl.Host.Checks.Add(new("memory", HealthStatus.Warning, "little is left", "free some"));
        (await _hostctl.RunAsync("verify")).ShouldBe(ExitCode.Done);
        _hostctl.Host.Calls.ShouldBe(["verify"]);

        _hostctl.Host.Checks.Add(new("network", HealthStatus.Error, "its tap is not in br0", "put it back") { Subject = Samples.HostileName });
        (await _hostctl.RunAsync("verify")).ShouldBe(ExitCode.ChecksFailed);
        _hostctl.Out.ShouldContain("put it back");
        _hostctl.Out.ShouldContain("3 checks: 1 error, 1 warning.");
        _hostctl.Out.ShouldNotContain("\u001b[2J");
    }

    [Fact]
    public async Task Verify_as_json_has_the_documented_shape()
    {
        _hostctl.Host.Checks.Add(new("network", HealthStatus.Error, "its tap is not in br0", "put it back") { Subject = "web" });

        (await _hostctl.RunAsync("verify", "--format", "json")).ShouldBe(ExitCode.ChecksFailed);

        var json = _hostctl.Json;
        json.EnumerateObject().Select(member => member.Name).ShouldBe(["schema", "healthy", "errors", "warnings", "checks"]);
        json.GetProperty("schema").GetString().ShouldBe("hostswap/verify/1");
        json.GetProperty("checks")[0].TryGetProperty("subject", out _).ShouldBeFalse();
        json.GetProperty("checks")[1].GetProperty("subject").GetString().ShouldBe("web");
    }

    [Fact]
    public async Task Version_as_json_has_the_documented_shape()
    {
        await _hostctl.RunAsync("version", "--format", "json");

        _hostctl.Json.EnumerateObject().Select(member => member.Name).ShouldBe(["schema", "version", "runtime", "architecture"]);
        _hostctl.Json.GetProperty("schema").GetString().ShouldBe("hostswap/version/1");
    }

    [Fact]
    public async Task An_expected_failure_is_told_with_its_remedy()
    {
        _hostctl.SettingsFailure = new UsageException("hostswap.toml:3: docker.endpont: unknown key\nline 4: bad", "Correct it.");

        (await _hostctl.RunAsync("status")).ShouldBe(ExitCode.Usage);

        _hostctl.Error.ShouldBe("hostctl: hostswap.toml:3: docker.endpont: unknown key\n  line 4: bad\n  Correct it.\n");
        _hostctl.Out.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_defect_is_one_line_on_stderr_and_a_stack_trace_in_the_log()
    {
        _hostctl.Host.Failure = new InvalidOperationException("boom\u001b[31m");

        (await _hostctl.RunAsync("status")).ShouldBe(ExitCode.InternalError);

        _hostctl.Error.ShouldStartWith("hostctl: internal error: InvalidOperationException: boom\\e[31m (");
        _hostctl.Error.TrimEnd('\n').ShouldNotContain('\n');
        var log = await File.ReadAllTextAsync(Path.Join(_hostctl.LogDirectory, "hostctl.log"), TestContext.Current.CancellationToken);
        log.ShouldContain("FakeOuterHost");
    }

    [Theory]
    [InlineData(DomainState.None, "no state")]
    [InlineData(DomainState.Running, "running")]
    [InlineData(DomainState.Blocked, "idle")]
    [InlineData(DomainState.Paused, "paused")]
    [InlineData(DomainState.ShuttingDown, "in shutdown")]
    [InlineData(DomainState.ShutOff, "shut off")]
    [InlineData(DomainState.Crashed, "crashed")]
    [InlineData(DomainState.PmSuspended, "pmsuspended")]
    public void States_are_virshs_words(DomainState state, string word) =>
        HostSwap.Hostctl.Rendering.Words.OfState(state).ShouldBe(word);
}
