namespace HostSwap.Orchestrator.Configuration;

/// <content>The fleet.</content>
internal sealed partial class SettingsValidator
{
    private const string NoFile = "none";

    // etcd keeps no lease for less than one and a half election timeouts (2 s by default); a third of it must be enough to ask in.
    private static readonly TimeSpan LeastTimeToLive = TimeSpan.FromSeconds(5);

    private FleetSettings Fleet()
    {
        var defaults = new FleetSettings();
        var service = Choice(FleetKeys.Service, defaults.Service, ("none", FleetService.None), ("etcd", FleetService.Etcd), ("fleetlock", FleetService.FleetLock));
        var settings = new FleetSettings
        {
            Service = service,
            Endpoints = Endpoints(),
            Group = Text(FleetKeys.Group, GroupFault) ?? defaults.Group,
            Limit = (int)Integer(FleetKeys.Limit, defaults.Limit, 1, 1000),
            Member = raw.Find<string>(FleetKeys.Member) is { Value: Automatic } ? null : Text(FleetKeys.Member, MemberFault),
            TimeToLive = Duration(FleetKeys.TimeToLive, defaults.TimeToLive, LeastTimeToLive, TimeSpan.FromHours(1)),
            Wait = Duration(FleetKeys.Wait, defaults.Wait, TimeSpan.Zero, TimeSpan.FromDays(7)),
            Deadline = Duration(FleetKeys.Deadline, defaults.Deadline, OneSecond, TimeSpan.FromMinutes(5)),
            AuthorityFile = FileOrNone(FleetKeys.AuthorityFile),
            CertificateFile = FileOrNone(FleetKeys.CertificateFile),
            KeyFile = FileOrNone(FleetKeys.KeyFile),
            User = raw.Find<string>(FleetKeys.User) is { Value: NoFile } ? null : Text(FleetKeys.User, UserFault),
            PasswordFile = FileOrNone(FleetKeys.PasswordFile),
        };
        Together(FleetKeys.CertificateFile, FleetKeys.KeyFile);
        Together(FleetKeys.User, FleetKeys.PasswordFile);
        CheckService(settings);
        return settings;
    }

    private void CheckService(FleetSettings settings)
    {
        if (settings.Service == FleetService.None)
        {
            if (raw.Find<List<Located<string>>>(FleetKeys.Endpoints) is { Value: [_, ..] } useless)
                Report(useless, $"is of no use without {FleetKeys.Service}; set that to \"etcd\" or \"fleetlock\"");
            return;
        }

        if (settings.Endpoints is [] && raw.Find<List<Located<string>>>(FleetKeys.Endpoints)?.Value is null or [])
            Report(raw.Find<string>(FleetKeys.Service)!, $"needs {FleetKeys.Endpoints}, such as [\"https://etcd1:2379\"]");
        if (settings.Service == FleetService.FleetLock)
        {
            foreach (var key in new[] { FleetKeys.Limit, FleetKeys.TimeToLive, FleetKeys.User, FleetKeys.PasswordFile })
            {
                if (raw.Find<object>(key) is { Value: not NoFile } needless)
                    Report(needless, $"is for {FleetKeys.Service} \"etcd\"; a lock manager has its own, so leave it out");
            }
        }

        if (settings.User is not null && settings.Endpoints.FirstOrDefault(static endpoint => endpoint.Scheme is "http" && !endpoint.IsLoopback) is { } open)
            Report(raw.Find<string>(FleetKeys.User)!, $"has its password sent to {open.Authority} for all to read; use https://");
    }

    private List<Uri> Endpoints()
    {
        var endpoints = new List<Uri>();
        foreach (var located in raw.Find<List<Located<string>>>(FleetKeys.Endpoints)?.Value ?? [])
        {
            var fault = EndpointAddressFault(located.Value, out var endpoint);
            if (fault is null && endpoints.Contains(endpoint!))
                fault = $"\"{located.Value}\" is named twice";
            if (fault is null)
                endpoints.Add(endpoint!);
            else
                Report(located, fault);
        }

        return endpoints;
    }

    private static string? EndpointAddressFault(string text, out Uri? endpoint) =>
        Uri.TryCreate(text, UriKind.Absolute, out endpoint)
        && endpoint is { Scheme: "https" or "http", Host.Length: > 0, UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0 }
            ? null
            : $"\"{text}\" is no address of a service such as \"https://etcd1:2379\"";

    private void Together(string one, string other)
    {
        foreach (var (there, missing) in new[] { (one, other), (other, one) })
        {
            if (raw.Find<string>(there) is { Value: not NoFile } located && raw.Find<string>(missing) is null or { Value: NoFile })
                Report(located, $"needs {missing} too");
        }
    }

    private string? FileOrNone(string key) =>
        raw.Find<string>(key) is { Value: NoFile } ? null : Text(key, static text => HostPath.Fault(text) is { } fault ? $"{fault}; or write \"{NoFile}\"" : null);

    private static string? MemberFault(string name) => GroupFault(name) is null
        ? null
        : $"\"{name}\" is no name of a member; 1 to {LongestGroup} letters, digits, '-', '_' and '.' are allowed, or \"{Automatic}\"";

    private static string? UserFault(string name) =>
        name.Length is > 0 and <= LongestGroup && !name.Any(char.IsControl) ? null : $"\"{name}\" is no name of a user";
}
