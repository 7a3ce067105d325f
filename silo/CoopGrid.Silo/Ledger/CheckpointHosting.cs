using Orleans.Configuration;
using Orleans.Storage;

namespace CoopGrid.Silo.Ledger;

/// <summary>Puts grain state into the checkpoints' file.</summary>
public static class CheckpointHosting
{
    /// <summary>Adds Orleans' AdoNet storage over <paramref name="checkpoints"/>, with Orleans' own compact serializer.</summary>
    public static ISiloBuilder AddSqliteCheckpoints(this ISiloBuilder silo, SqliteCheckpoints checkpoints, string name)
    {
        silo.Services.AddOptions<AdoNetGrainStorageOptions>(name).Configure<Orleans.Serialization.Serializer>((options, serializer) =>
        {
            // The name under which Orleans loads Microsoft.Data.Sqlite.
            options.Invariant = "System.Data.SQLite";
            options.DataSource = checkpoints;
            options.GrainStorageSerializer = new OrleansGrainStorageSerializer(serializer);

            // A member writes a block of keys a minute: emptied rows would pile up for ever.
            options.DeleteStateOnClear = true;
        });
        return silo.AddAdoNetGrainStorage(name);
    }
}
