namespace HostSwap.Orchestrator.Configuration;

internal sealed partial class SettingsValidator
{
    /// <summary>The longest name of a unit (systemd, <c>UNIT_NAME_MAX</c>), with its zero.</summary>
    private const int LongestUnit = 255;

    private const string HooksDirectory = "/etc/libvirt/hooks";

    private static readonly string[] UnitKinds = [".service", ".socket", ".timer", ".path", ".target", ".mount", ".automount"];

    /// <summary>What is not of a file system, or is gone with each start.</summary>
    private static readonly string[] Fleeting = ["/proc", "/sys", "/dev", "/run", "/tmp"];

    /// <summary>What is another in each generation, or comes with its image: hostctl, Docker or the image sees to it.</summary>
    private static readonly string[] Owned =
    [
        "/var/lib/libvirt", "/var/log/libvirt", "/usr/lib/hostswap", "/usr/share/hostswap",
        "/etc/machine-id", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf",
        HooksDirectory + "/qemu.d/hostswap", "/etc/default/libvirtd",
        "/etc/systemd/journald.conf.d/hostswap.conf", "/etc/systemd/system/libvirt-dbus.service",
        "/etc/systemd/system/libvirtd.socket.d/hostswap.conf", "/etc/systemd/system/libvirtd-ro.socket.d/hostswap.conf",
        "/usr/local/share/dbus-1/system-services/org.libvirt.service",
    ];

    private CarrySettings Carry(IReadOnlyList<string> shared) => new(CarriedFiles(shared), ReloadedUnits());

    /// <summary>Whether they are there, and can be read, is asked when a plan is made: it changes.</summary>
    private List<string> CarriedFiles(IReadOnlyList<string> shared)
    {
        var files = new List<string>();
        foreach (var located in raw.Find<List<Located<string>>>(KnownKeys.CarryFiles)?.Value ?? [])
        {
            var path = HostPath.Canonical(located.Value);
            if ((HostPath.Fault(located.Value) ?? CarriedFault(path, shared) ?? NestingFault(path, files)) is { } fault)
                Report(located, fault);
            else
                files.Add(path);
        }

        return files;
    }

    private static string? CarriedFault(string path, IReadOnlyList<string> shared)
    {
        if (Array.Find(Fleeting, place => HostPath.IsWithin(path, place)) is { } fleeting)
            return $"\"{path}\" lies in {fleeting}, which a generation has anew with each start";
        if (shared.FirstOrDefault(place => HostPath.IsWithin(path, place) || HostPath.IsWithin(place, path)) is { } already)
            return $"\"{path}\" and \"{already}\" are the same or one lies in the other; that is shared by all generations already";
        // Definitions, secrets and settings: all but the hooks is hostctl's to carry, or the image's.
        if (HostPath.IsWithin(path, "/etc/libvirt") && !HostPath.IsWithin(path, HooksDirectory))
            return $"\"{path}\" is carried by hostctl itself, or comes with the image; of /etc/libvirt only scripts in {HooksDirectory} can be named";
        if (HostPath.IsWithin(path, CarrySettings.NodeDevices))
            return $"\"{path}\" is carried anyway, with the definitions of node devices";
        if (Array.Find(Owned, owned => HostPath.IsWithin(path, owned)) is { } own)
            return $"\"{path}\" is not yours to carry: {own} is another in each generation, or comes with the image";
        return Array.Find(Owned, owned => HostPath.IsWithin(owned, path)) is { } inside
            ? $"\"{path}\" holds {inside}, which is another in each generation, or comes with the image; name what is yours in it"
            : null;
    }

    private List<string> ReloadedUnits()
    {
        var units = new List<string>();
        foreach (var located in raw.Find<List<Located<string>>>(KnownKeys.CarryReload)?.Value ?? [])
        {
            if (UnitFault(located.Value, units) is { } fault)
                Report(located, fault);
            else
                units.Add(located.Value);
        }

        return units;
    }

    /// <summary>systemd.unit(5) says what a name may have.</summary>
    private static string? UnitFault(string name, List<string> others)
    {
        if (UnitFault(name) is { } fault)
            return fault;
        if (name is "dbus.service" or "dbus.socket" or "libvirt-dbus.service")
            return $"\"{name}\" is what hostctl itself talks to a generation by; it is not restarted";
        return others.Contains(name, StringComparer.Ordinal) ? $"\"{name}\" is named twice" : null;
    }

    /// <summary>What is wrong with the name of a unit; null where nothing is.</summary>
    private static string? UnitFault(string name) =>
        name.Length is > 1 and <= LongestUnit
        && char.IsAsciiLetterOrDigit(name[0])
        && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is ':' or '-' or '_' or '.' or '\\' or '@')
        && Array.Exists(UnitKinds, kind => name.EndsWith(kind, StringComparison.Ordinal) && name.Length > kind.Length)
            ? null
            : $"\"{name}\" is not a name of a systemd unit with its kind, such as \"ssh.service\"";
}
