using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Libvirt;

/// <summary>virsh's answers are those of libvirt 9.0 and 11.3, word for word.</summary>
public sealed class VirshCpusTests : IDisposable
{
    private const string Failed = "error: Failed to compare hypervisor CPU with /dev/stdin\n";
    private const string Cpu = "<cpu mode='custom'><model>Nehalem</model><feature policy='require' name='avx512f'/><feature policy='disable' name='fred'/><feature policy='require' name='lam'/></cpu>";

    private static readonly DomainCapabilitiesQuery Kind = new("/usr/bin/qemu", "x86_64", "pc-q35-7.2", "qemu");

    private readonly FakeEngine _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task What_is_missing_is_told_in_libvirts_words()
    {
        _engine.OnExecute = (_, _, _) => new CommandOutcome(1, "", Failed + "error: the CPU is incompatible with host CPU: Host CPU does not provide required features: avx512f\n\n");

        var answer = await CompareAsync();

        answer.ShouldSatisfyAllConditions(
            answer => answer.UnknownFeatures.ShouldBeEmpty(), answer => answer.Refusal.ShouldBe("Host CPU does not provide required features: avx512f"), answer => answer.Fits.ShouldBeFalse());
        _engine.Executed.ShouldHaveSingleItem().ShouldBe(
        [
            "virsh", "--quiet", "--connect", "qemu:///system", "hypervisor-cpu-compare", "--file=/dev/stdin", "--error",
            "--virttype=qemu", "--arch=x86_64", "--machine=pc-q35-7.2", "--emulator=/usr/bin/qemu",
        ]);
    }

    [Fact]
    public async Task Every_feature_that_libvirt_does_not_know_is_found_and_the_others_are_compared()
    {
        _engine.OnExecute = (_, _, _) => _engine.Inputs[^1]! switch
        {
            var asked when asked.Contains("\"lam\"", StringComparison.Ordinal) => new CommandOutcome(1, "", Failed + "error: internal error: Unknown CPU feature lam\n"),
            var asked when asked.Contains("\"fred\"", StringComparison.Ordinal) => new CommandOutcome(1, "", Failed + "error: internal error: Unknown CPU feature fred\n"),
            _ => new CommandOutcome(1, "", Failed + "error: the CPU is incompatible with host CPU: Host CPU does not provide required features: avx512f\n"),
        };

        var answer = await CompareAsync();

        answer.UnknownFeatures.ShouldBe(["lam", "fred"]);
        answer.InWords.ShouldBe("it does not know the features lam, fred; Host CPU does not provide required features: avx512f");
    }

    [Fact]
    public async Task A_name_that_was_not_asked_for_ends_the_asking()
    {
        _engine.OnExecute = (_, _, _) => new CommandOutcome(1, "", Failed + "error: internal error: Unknown CPU feature another\n");

        (await CompareAsync()).ShouldSatisfyAllConditions(
            answer => answer.UnknownFeatures.ShouldBeEmpty(), answer => answer.Refusal.ShouldBe("Unknown CPU feature another"));
        _engine.Executed.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Where_it_fits_nothing_is_told()
    {
        _engine.OnExecute = (_, _, _) => new CommandOutcome(0, "The CPU provided by hypervisor on the host is a superset of CPU described in /dev/stdin\n", "");
        (await CompareAsync()).Fits.ShouldBeTrue();
    }

    [Fact]
    public async Task A_libvirt_that_cannot_be_asked_is_no_answer()
    {
        _engine.OnExecute = (_, _, _) => new CommandOutcome(1, "", "error: failed to connect to the hypervisor\nerror: Failed to connect socket\n");
        (await Should.ThrowAsync<AdapterException>(CompareAsync)).Message.ShouldContain("Failed to connect socket");
    }

    private Task<CpuAnswer> CompareAsync() => new VirshCpus(_engine, "gen-2").CompareAsync(Kind, Cpu, CancellationToken.None);
}
