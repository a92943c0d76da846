package keycask

/*
#include "shim.h"
*/
import "C"

import "runtime"

// RestoreOptions says how to restore.
type RestoreOptions struct {
	// Checkpoints newer than the backup, as [Vault.Checkpoint] returned them: by them the changes that are lost are
	// counted, also where the old file is gone.
	Checkpoints string
	// ReapplyRevocations revokes again what the vault that is replaced had revoked and the backup hasn't.
	ReapplyRevocations bool
	// AnotherVault allows a backup of another vault.
	AnotherVault bool
}

// RestoreReport is what a restore did, and what was lost by it.
type RestoreReport struct {
	// Aside is where the file that was replaced is kept; empty where there was none.
	Aside string
	// OldLogs is where the logs of a file that could not be read are kept.
	OldLogs []string
	// Compared is whether there was an old file to compare the backup with, and it could be read. Where not, nobody
	// knows which revocations were lost.
	Compared bool
	// Fault is why the old file could not be read; empty where it could.
	Fault string
	// LostKeys is how many keys of the old file the backup doesn't know: they are unknown now.
	LostKeys uint64
	// Reapplied is how many of the revocations were made again.
	Reapplied uint64
	// LostChanges is how many changes the backup lacks; -1 where nothing tells.
	LostChanges int64
	// MissingRevocations is the keys that the old file had revoked and the backup hasn't: unless they were revoked
	// again, they may be accepted now.
	MissingRevocations []*Key
	// AcceptedAgain is the keys that the old file refused for another reason, and that are accepted now.
	AcceptedAgain []*Key
}

// Migration is what an upgrade did.
type Migration struct {
	// From and To are the schema that the vault had, and the one that it has.
	From, To int
	// Backup is the copy that was made before; empty where there was nothing to upgrade, or none was wanted.
	Backup string
}

// Backup copies the vault to path, which must not exist, as of one moment while every process goes on. The copy is a
// vault that opens as it is.
func (v *Vault) Backup(path, actor string, opts ...ChangeOption) error {
	defer runtime.KeepAlive(v)
	var a arena
	defer a.free()
	file, who := a.text("path", path), a.actor(actor, opts)
	return a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_backup(v.handle, file, who, failure)
	})
}

// Prune prunes the uses that the policy no longer keeps, the oldest first, and returns how many there were.
func (v *Vault) Prune(actor string, opts ...ChangeOption) (pruned uint64, err error) {
	defer runtime.KeepAlive(v)
	var a arena
	defer a.free()
	who := a.actor(actor, opts)
	var out C.uint64_t
	err = a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_prune(v.handle, who, &out, failure)
	})
	return uint64(out), err
}

// ErasePerson erases what names a person: as an actor, with address and note; as an owner, with the notes on their keys
// and the names, metadata and addresses of the keys. It returns how many changes were blanked.
//
// It fails with [ErrConflict] while a key of the person's lives: revoke it first.
func (v *Vault) ErasePerson(person, actor string, opts ...ChangeOption) (changes uint64, err error) {
	defer runtime.KeepAlive(v)
	var a arena
	defer a.free()
	given, who := a.text("person", person), a.actor(actor, opts)
	var out C.uint64_t
	err = a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_erase_person(v.handle, given, who, &out, failure)
	})
	return uint64(out), err
}

// Restore puts a copy of backup in the place of the vault at path, which no process may have open; what was there is
// kept beside it. The options are those of [Open], and name the actor.
//
// It fails with [ErrConflict] while a process has the vault open, or where the backup is another vault's; [ErrDamaged]
// where the backup is.
func Restore(backup, path string, how RestoreOptions, opts ...Option) (*RestoreReport, error) {
	var a arena
	defer a.free()
	from, to, options := a.text("backup", backup), a.text("path", path), a.options(opts)
	restore := (*C.keycask_restore)(a.alloc(1, C.sizeof_keycask_restore))
	restore.struct_size = C.sizeof_keycask_restore
	restore.checkpoints = a.optional("checkpoints", how.Checkpoints)
	restore.reapply_revocations = truth(how.ReapplyRevocations)
	restore.another_vault = truth(how.AnotherVault)
	var report *C.keycask_restore_report
	err := a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_restore(from, to, options, restore, &report, failure)
	})
	if err != nil {
		return nil, err
	}
	defer C.keycask_restore_report_free(report)
	return goRestoreReport(report)
}

func goRestoreReport(report *C.keycask_restore_report) (*RestoreReport, error) {
	out := &RestoreReport{
		Aside:       C.GoString(C.keycask_restore_report_aside(report)),
		Compared:    bool(C.keycask_restore_report_compared(report)),
		Fault:       C.GoString(C.keycask_restore_report_fault(report)),
		LostKeys:    uint64(C.keycask_restore_report_lost_keys(report)),
		Reapplied:   uint64(C.keycask_restore_report_reapplied(report)),
		LostChanges: int64(C.keycask_restore_report_lost_changes(report)),
	}
	for i := range C.keycask_restore_report_old_logs_len(report) {
		out.OldLogs = append(out.OldLogs, C.GoString(C.keycask_restore_report_old_log(report, i)))
	}
	var keys *C.keycask_keys
	var failure *C.keycask_error
	status := C.keycask_restore_report_missing_revocations(report, &keys, &failure)
	missing, err := allKeys(keys, nowMS(), failed(status, failure))
	if err != nil {
		return nil, err
	}
	status = C.keycask_restore_report_accepted_again(report, &keys, &failure)
	accepted, err := allKeys(keys, nowMS(), failed(status, failure))
	if err != nil {
		return nil, err
	}
	out.MissingRevocations, out.AcceptedAgain = missing, accepted
	return out, nil
}

// Migrate upgrades the vault at path to this library's schema, while other processes go on. With backup a copy is made
// first where there is something to upgrade. The options are those of [Open], and name the actor.
func Migrate(path string, backup bool, opts ...Option) (*Migration, error) {
	var a arena
	defer a.free()
	file, options := a.text("path", path), a.options(opts)
	var migration *C.keycask_migration
	err := a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_migrate(file, options, truth(backup), &migration, failure)
	})
	if err != nil {
		return nil, err
	}
	defer C.keycask_migration_free(migration)
	return &Migration{
		From:   int(C.keycask_migration_from(migration)),
		To:     int(C.keycask_migration_to(migration)),
		Backup: C.GoString(C.keycask_migration_backup(migration)),
	}, nil
}
