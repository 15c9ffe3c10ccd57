using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.UnitTests.Fakes;
using System.Text.Json;

namespace HostSwap.UnitTests.Planning;

/// <summary>What libvirt and QEMU of both Debian releases really say of themselves, as they were asked in their images.</summary>
internal static class Releases
{
    public const string Bookworm = "bookworm";
    public const string Trixie = "trixie";
    public const string Emulator = "/usr/bin/qemu-system-x86_64";

    public static DomainCapabilitiesQuery Kind { get; } = new(Emulator, "x86_64", "pc-q35-7.2", "qemu");

    /// <summary>A plan for one VM that goes from the one release to the other.</summary>
    public static PlanContext Plan(SwapWorld world, string from, string to, string xml, DomainState state = DomainState.Running)
    {
        var definition = DomainXmlReader.Read(xml);
        var machine = new VirtualMachine(new DomainRecord(Guid.NewGuid(), "vm", state, 0, Persistent: true, Autostart: false), definition, [], Job: null, Unreadable: null);
        var context = PlanContexts.Of(world, world.Session.Settings, [machine]);
        return context with
        {
            Source = context.Source with { Host = Host(from) },
            Target = context.Target with { Host = Host(to) },
            Answers = Answers(to),
            WayBack = Answers(from),
        };
    }

    public static SideAnswers Answers(string release) => SideAnswers.None with
    {
        Domains = new Dictionary<DomainCapabilitiesQuery, DomainCapabilities> { [Kind] = DomainCapabilities.Read(Read($"{release}-domain.xml")) },
        Emulators = new Dictionary<string, EmulatorAnswer>(StringComparer.Ordinal) { [Emulator] = new(Types(release), WhyNot: null) },
    };

    public static LibvirtHostDescription Host(string release) => release is Bookworm
        ? new(Guid.NewGuid(), new Version(9, 0, 0), new Version(7, 2, 22), Read($"{release}-host.xml"))
        : new(Guid.NewGuid(), new Version(11, 3, 0), new Version(10, 0, 13), Read($"{release}-host.xml"));

    /// <summary>A VM with further elements.</summary>
    public static string Vm(string devices, string rest = "", string type = "qemu", string machine = "pc-q35-7.2") =>
        $"""
        <domain type='{type}'><name>vm</name><uuid>{Guid.NewGuid()}</uuid><memory unit='MiB'>256</memory>
        {(rest.Contains("<os", StringComparison.Ordinal) ? "" : $"<os><type arch='x86_64' machine='{machine}'>hvm</type></os>")}{rest}
        <devices><emulator>{Emulator}</emulator>{devices}</devices></domain>
        """;

    public static string Read(string name)
    {
        using var stream = typeof(Releases).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static HashSet<string> Types(string release)
    {
        var line = Read($"{release}-types.qmp").Split('\n').Single(static line => line.Contains("qom-list-types", StringComparison.Ordinal));
        using var answer = JsonDocument.Parse(line);
        return answer.RootElement.GetProperty("return").EnumerateArray().Select(static type => type.GetProperty("name").GetString()!).ToHashSet(StringComparer.Ordinal);
    }
}
