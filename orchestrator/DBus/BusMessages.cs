namespace HostSwap.Orchestrator.DBus;

/// <summary>A method call.</summary>
/// <param name="Destination">The service's bus name.</param>
/// <param name="Path">The object.</param>
/// <param name="Interface">The interface.</param>
/// <param name="Member">The method.</param>
/// <param name="Arguments">Its arguments, in order.</param>
internal sealed record BusCall(
    string Destination, string Path, string Interface, string Member, params IReadOnlyList<BusValue> Arguments)
{
    /// <summary>The call as an operator can read it, and repeat it with busctl.</summary>
    public override string ToString() => $"{Interface}.{Member} on {Path}";

    /// <summary>Reads all properties of one interface.</summary>
    public static BusCall GetAll(string destination, string path, string @interface) =>
        new(destination, path, "org.freedesktop.DBus.Properties", "GetAll", BusValue.String(@interface));

    /// <summary>Reads one property.</summary>
    public static BusCall Get(string destination, string path, string @interface, string property) => new(
        destination,
        path,
        "org.freedesktop.DBus.Properties",
        "Get",
        BusValue.String(@interface),
        BusValue.String(property));

    /// <summary>Sets one property.</summary>
    public static BusCall Set(string destination, string path, string @interface, string property, BusValue value) =>
        new(
            destination,
            path,
            "org.freedesktop.DBus.Properties",
            "Set",
            BusValue.String(@interface),
            BusValue.String(property),
            BusValue.Variant(value));
}

/// <summary>The values of a reply, in order.</summary>
internal sealed record BusReply(IReadOnlyList<BusValue> Values)
{
    /// <summary>The only or first value.</summary>
    public BusValue First => Values.Count > 0 ? Values[0] : throw new BusFormatException("a value", "an empty reply");
}

/// <summary>A received signal.</summary>
internal sealed record BusSignal(string Path, string Member, IReadOnlyList<BusValue> Values)
{
    /// <summary>Reads one value.</summary>
    public BusValue this[int index] => index < Values.Count
        ? Values[index]
        : throw new BusFormatException($"value {index} of signal {Member}", $"{Values.Count} values");
}

/// <summary>Which signals to receive; what is null is not compared.</summary>
internal sealed record BusMatch(
    string? Sender = null, string? Path = null, string? Interface = null, string? Member = null, string? Arg0 = null)
{
    /// <summary>
    /// Matches each change of a name's owner, as when its service is restarted. The signal's values are the name,
    /// the old owner and the new owner, where an empty owner means none.
    /// </summary>
    public static BusMatch OwnerOf(string name) =>
        new("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged", name);

    /// <summary>The rule in the bus's syntax.</summary>
    public string ToRule()
    {
        var parts = new List<string> { "type='signal'" };
        Add("sender", Sender);
        Add("path", Path);
        Add("interface", Interface);
        Add("member", Member);
        Add("arg0", Arg0);
        return string.Join(',', parts);

        void Add(string key, string? value)
        {
            if (value is null)
                return;
            // No valid name or path has these, and implementations disagree on how to quote them.
            if (value.AsSpan().IndexOfAny('\'', '\\', '\0') >= 0)
                throw new BusFormatException($"a match value for {key} without quotes", value);
            parts.Add($"{key}='{value}'");
        }
    }
}
