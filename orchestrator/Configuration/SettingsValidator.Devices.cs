namespace HostSwap.Orchestrator.Configuration;

internal sealed partial class SettingsValidator
{
    private const string DeviceDirectory = "/dev";

    // Every generation has its own of these, or gets them from hostctl anyway.
    private static readonly string[] OwnDevices = ["/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/net", "/dev/fd"];

    /// <summary>Whether they exist, and are what they should be, is asked when a generation is made: it changes.</summary>
    private List<string> Devices()
    {
        var devices = new List<string>();
        foreach (var located in raw.Find<List<Located<string>>>(KnownKeys.StorageDevices)?.Value ?? [])
        {
            if ((HostPath.Fault(located.Value) ?? DeviceFault(located.Value, devices)) is { } fault)
                Report(located, fault);
            else
                devices.Add(located.Value);
        }

        return devices;
    }

    private static string? DeviceFault(string path, List<string> others)
    {
        if (!path.StartsWith(DeviceDirectory + "/", StringComparison.Ordinal) || path.EndsWith('/'))
            return $"\"{path}\" does not lie in {DeviceDirectory}; name a block device such as \"/dev/vg0/db01\"";
        if (Array.Find(OwnDevices, own => HostPath.IsWithin(path, own)) is { } own)
            return $"\"{path}\" lies in {own}, which every generation has of its own; name a block device";
        return others.Contains(path, StringComparer.Ordinal) ? $"\"{path}\" is named twice" : null;
    }
}
