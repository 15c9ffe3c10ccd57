using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Planning.Recorded;
using HostSwap.UnitTests.Fakes;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Planning.Recorded;

/// <summary>What is recorded is used only where it holds, and whatever is in the file.</summary>
public sealed class CapabilityRecordsTests : IDisposable
{
    private const string CpuXml = "<cpu mode=\"custom\"><model>Nehalem</model></cpu>";

    private readonly SwapWorld _world = new();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("capabilities-test-");
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 3, 4, 5, 6, TimeSpan.Zero));

    public CapabilityRecordsTests() => Processor("AMD EPYC", "0x1");

    private CapabilityRecords Records => new(Path.Join(_directory.FullName, "capabilities"), _world.Kernel, _time);

    public void Dispose()
    {
        _world.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public void Everything_that_a_side_has_said_is_read_back()
    {
        var context = Context();

        Records.Keep(context);

        var (found, whyNot) = Records.Find(Image(context.Target), SwapWorld.SourcePid);
        whyNot.ShouldBeEmpty();
        found!.RecordedAt.ShouldBe(_time.GetUtcNow());
        found.ToHost().ShouldBe(context.Target.Host with { HostUuid = Guid.Empty });
        var answers = found.ToAnswers();
        answers.Domains.Single().Key.ShouldBe(Releases.Kind);
        var (read, said) = (answers.Domains.Single().Value, context.Answers.Domains.Single().Value);
        read.CpuModels.ShouldBe(said.CpuModels);
        read.CpuModes.ShouldBe(said.CpuModes);
        read.Lists.Keys.ShouldBe(said.Lists.Keys, ignoreOrder: true);
        read.Lists["devices.disk.bus"].ShouldBe(said.Lists["devices.disk.bus"]);
        answers.Emulators.Single().Value.Types.SetEquals(context.Answers.Emulators.Single().Value.Types).ShouldBeTrue();
        answers.Files.ShouldBe(context.Answers.Files);
        answers.Cpus.Single().Value.ShouldSatisfyAllConditions(cpu => cpu.UnknownFeatures.ShouldBe(["fred"]), cpu => cpu.Refusal.ShouldBe("no x2apic"));
    }

    [Fact]
    public void What_nobody_has_asked_for_since_is_kept()
    {
        Records.Keep(Context());
        var later = Context();
        var other = Releases.Kind with { MachineType = "pc-i440fx-7.2" };
        later = later with { Answers = later.Answers with { Domains = new Dictionary<DomainCapabilitiesQuery, DomainCapabilities> { [other] = later.Answers.Domains.Single().Value } } };

        Records.Keep(later);

        Records.Find(Image(later.Target), SwapWorld.SourcePid).Found!.ToAnswers().Domains.Keys.ShouldBe([other, Releases.Kind], ignoreOrder: true);
    }

    [Fact]
    public void It_holds_for_this_kernel_and_this_processor_alone()
    {
        var context = Context();
        Records.Keep(context);

        Processor("AMD EPYC", "0x2");
        Records.Find(Image(context.Target), SwapWorld.SourcePid).WhyNot.ShouldContain("microcode 0x1), and this is");
        Processor("AMD EPYC", "0x1");
        _world.Kernel.Release = "6.1.0-newer";
        Records.Find(Image(context.Target), SwapWorld.SourcePid).WhyNot.ShouldContain("under another kernel or processor");
        Records.Find("sha256:other", SwapWorld.SourcePid).WhyNot.ShouldBe("nothing is recorded of it");
    }

    [Fact]
    public void A_file_that_is_cut_off_anywhere_is_no_record_and_is_written_anew()
    {
        var context = Context();
        Records.Keep(context);
        var file = FileOf(context.Target);
        var whole = File.ReadAllBytes(file);
        for (var length = 0; length < whole.Length; length += 997)
        {
            File.WriteAllBytes(file, whole[..length]);
            Records.Find(Image(context.Target), SwapWorld.SourcePid).ShouldSatisfyAllConditions(
                static result => result.Found.ShouldBeNull(), result => result.WhyNot.ShouldContain($"{file} cannot be used"));
        }

        Records.Keep(context);
        Records.Find(Image(context.Target), SwapWorld.SourcePid).Found.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("{\"format\": 1}")]
    public void A_file_of_another_is_no_record(string text)
    {
        var context = Context();
        Records.Keep(context);
        File.WriteAllText(FileOf(context.Target), text);

        Records.Find(Image(context.Target), SwapWorld.SourcePid).Found.ShouldBeNull();
    }

    [Fact]
    public void A_record_of_another_format_or_image_is_told()
    {
        var context = Context();
        Records.Keep(context);
        var whole = File.ReadAllText(FileOf(context.Target));
        File.WriteAllText(FileOf(context.Target), whole.Replace("\"format\":1", "\"format\":2", StringComparison.Ordinal));
        Records.Find(Image(context.Target), SwapWorld.SourcePid).WhyNot.ShouldContain("it has format 2, and this hostctl knows 1");

        File.WriteAllText(FileOf(context.Target), whole.Replace(Image(context.Target), "sha256:1234", StringComparison.Ordinal));
        Records.Find(Image(context.Target), SwapWorld.SourcePid).Found.ShouldBeNull();
    }

    [Fact]
    public void A_directory_that_cannot_be_made_is_said_so()
    {
        File.WriteAllText(Path.Join(_directory.FullName, "capabilities"), "");
        Should.Throw<EnvironmentException>(() => Records.Keep(Context())).Message.ShouldContain("cannot be written");
    }

    private string FileOf(PlanSide side) => Path.Join(_directory.FullName, "capabilities", $"{Image(side)["sha256:".Length..]}.json");

    private static string Image(PlanSide side) => side.Generation.Record.ImageId;

    private void Processor(string model, string microcode)
    {
        foreach (var pid in new[] { SwapWorld.SourcePid, SwapWorld.TargetPid })
            _world.Kernel.Texts[(pid, "/proc/cpuinfo")] = $"processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: {model}\nmicrocode\t: {microcode}\nflags\t\t: fpu\n\nprocessor\t: 1\nmodel name\t: another\n";
    }

    private PlanContext Context()
    {
        var plan = Releases.Plan(_world, Releases.Bookworm, Releases.Trixie, Releases.Vm(""));
        return plan with
        {
            Target = plan.Target with { Generation = plan.Target.Generation with { Record = plan.Target.Generation.Record with { ImageId = "sha256:abcd" } } },
            Answers = plan.Answers with
            {
                Files = new Dictionary<string, ulong?> { [Releases.Emulator] = 7, ["/usr/share/OVMF/gone.fd"] = null },
                Cpus = new Dictionary<CpuQuery, CpuAnswer> { [new CpuQuery(Releases.Kind, CpuXml)] = new(["fred"], "no x2apic") },
            },
        };
    }
}
